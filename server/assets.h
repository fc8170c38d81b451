/* The page's files, compiled into the program by tools/embed.py. Nothing is read from the disk at run time. */
#ifndef IMF_SERVER_ASSETS_H
#define IMF_SERVER_ASSETS_H

#include <stddef.h>
#include <stdint.h>

typedef struct imf_asset {
    const char *name; /* "index.html" */
    const char *media_type;
    const char *etag; /* with its quotes */
    const uint8_t *data;
    size_t size;
} imf_asset;

extern const imf_asset imf_assets[]; /* ends with a row without a name */

/* The asset of that name, or NULL. */
const imf_asset *imf_asset_find(const char *name, size_t size);

#endif
