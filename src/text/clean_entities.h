/* HTML's named characters (html.entities.html5 of Python, 2,231 names). Pure functions over static tables. */
#ifndef IMF_TEXT_CLEAN_ENTITIES_H
#define IMF_TEXT_CLEAN_ENTITIES_H

#include <stddef.h>

/* The characters (UTF-8) of a name such as "eacute;" or, for the old ones that need none, "eacute"; or NULL. */
const char *imf_entity_find(const char *name, size_t length);

/* Of a name wholly in capitals ("EACUTE;") that HTML does not know, but ftfy reads; or NULL. */
const char *imf_entity_find_capital(const char *name, size_t length);

#endif
