/* Fuzz target of PyTorch's archives: the ZIP reader and what stands on it. With checksums (whatever changed was
 * noticed) and without them, or no changed byte would ever get past them. */
#include "weights_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int trusted = check_promises(data, size, IMF_WEIGHTS_TRUST);
    int checked = check_promises(data, size, 0);

    demand(trusted || !checked);
    return 0;
}
