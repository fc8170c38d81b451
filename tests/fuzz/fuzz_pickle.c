/* Fuzz target of the pickle reader and of finding tensors in what it read: the input is the data.pkl of an archive
 * with a few storages (tests/torch_files.h). */
#include "../torch_files.h"
#include "weights_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes archive = {0};
    zip_places places;

    add_archive(&archive, data, size, &places);
    check_promises(archive.p, archive.n, IMF_WEIGHTS_TRUST);
    free(archive.p);
    return 0;
}
