/* Finding one of the page's files by name. See assets.h. */
#include "assets.h"

#include <string.h>

const imf_asset *imf_asset_find(const char *name, size_t size)
{
    for (const imf_asset *a = imf_assets; a->name != NULL; a++)
        if (strlen(a->name) == size && memcmp(a->name, name, size) == 0)
            return a;
    return NULL;
}
