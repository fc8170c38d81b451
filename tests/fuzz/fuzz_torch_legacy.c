/* Fuzz target of PyTorch's files from before 1.6. */
#include "weights_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_promises(data, size, 0);
    return 0;
}
