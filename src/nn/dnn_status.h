/* How the two files over oneDNN (dnn.c, dnn_matmul.c) turn its statuses into errors. Nobody else includes it. */
#ifndef IMF_NN_DNN_STATUS_H
#define IMF_NN_DNN_STATUS_H

#include <dnnl_types.h>

#include "base/err.h"

static inline int imf_dnn_fail(imf_err *err, dnnl_status_t status, const char *where)
{
    if (status == dnnl_out_of_memory)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "computing");
    return imf_fail(err, IMF_EINTERNAL, MSG_DNN, where, (int)status);
}

/* Runs a oneDNN call; on failure sets rc and goes to out. Needs `err` and `where` (for the message). */
#define DNN_TRY(call)                                \
    do {                                             \
        dnnl_status_t status_ = (call);              \
        if (status_ != dnnl_success) {               \
            rc = imf_dnn_fail(err, status_, where);  \
            goto out;                                \
        }                                            \
    } while (0)

#endif
