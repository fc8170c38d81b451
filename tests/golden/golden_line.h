/* How the tests read the lines of a golden file. Included after cmocka.h. */
#ifndef TESTS_GOLDEN_LINE_H
#define TESTS_GOLDEN_LINE_H

#include <stdio.h>
#include <string.h>

/* The next line without its end; NULL at the end of the file. */
static inline char *golden_line(FILE *f, char *line, size_t size)
{
    if (!fgets(line, (int)size, f))
        return NULL;
    size_t n = strlen(line);
    assert_true(n > 0 && line[n - 1] == '\n'); /* lines are whole, the last one too */
    line[n - 1] = '\0';
    return line;
}

#endif
