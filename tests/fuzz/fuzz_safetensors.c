/* Fuzz target of the safetensors reader (and of telling the formats apart). */
#include "weights_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_promises(data, size, 0);
    return 0;
}
