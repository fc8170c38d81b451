/* Where the running program lies. See program.h. */
#include "base/program.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"

char *imf_program_folder(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0 || (size_t)n >= sizeof path - 1)
        return NULL;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    return slash ? imf_strndup(path, (size_t)(slash - path)) : NULL;
}
