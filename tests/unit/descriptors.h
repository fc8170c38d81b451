/* How many descriptors this process has open: what was opened must be closed. Include after cmocka.h. */
#ifndef IMF_TEST_DESCRIPTORS_H
#define IMF_TEST_DESCRIPTORS_H

#include <dirent.h>

static inline size_t open_descriptors(void)
{
    size_t n = 0;
    DIR *list = opendir("/proc/self/fd");
    assert_non_null(list);
    while (readdir(list))
        n++;
    closedir(list);
    return n;
}

#endif
