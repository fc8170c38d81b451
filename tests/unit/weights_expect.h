/* What the tests of PyTorch's files share: a file in memory is read, or refused with one line that names it. */
#ifndef TESTS_UNIT_WEIGHTS_EXPECT_H
#define TESTS_UNIT_WEIGHTS_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../torch_files.h"
#include "nn/weights.h"

static const char file_name[] = "model.bin";

static inline void expect_refused(const uint8_t *p, size_t n, unsigned flags, const char *named)
{
    imf_weights *w = NULL;
    imf_err err = {0};
    uint8_t *exact = malloc(n + (n == 0)); /* so that the sanitizer sees the first byte past the end */
    int rc = 0;

    assert_non_null(exact);
    memcpy(exact, p, n);
    rc = imf_weights_parse(&w, exact, n, file_name, flags, &err);
    free(exact);
    if (rc != IMF_EINPUT)
        fail_msg("\"%s\" was expected, but rc is %d (%s)", named, rc, err.msg);
    assert_null(w);
    assert_int_equal(err.code, IMF_EINPUT);
    assert_null(strchr(err.msg, '\n'));
    if (strstr(err.msg, named) == NULL || strstr(err.msg, file_name) == NULL)
        fail_msg("\"%s\" is not in: %s", named, err.msg);
}

static inline imf_weights *expect_read(const uint8_t *p, size_t n, unsigned flags)
{
    imf_weights *w = NULL;
    imf_err err = {0};

    if (imf_weights_parse(&w, p, n, file_name, flags, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return w;
}

#define ONE(value) "}('a'" value "u." /* a table of one tensor */

#endif
