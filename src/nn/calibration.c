/* Reading a model's calibration, and judging scores with it. See calibration.h. */
#include "nn/calibration.h"

#include <math.h>

static const double most = 1e6; /* of a factor or a bias: keeps the sum finite */

static int read_logistic(imf_logistic *out, const imf_config *c, const char *key, const char *prefix, imf_err *err)
{
    int rc = IMF_OK;
    imf_config part = {0};

    IMF_TRY(imf_config_need_object(c, key, prefix, &part, err));
    IMF_TRY(imf_config_need_real(&part, "score", 0, most, &out->score, err));
    if (out->score <= 0) /* every picture would be as probable as the best */
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, c->file, prefix, "score", "above 0");
    IMF_TRY(imf_config_need_real(&part, "bias", -most, most, &out->bias, err));
out:
    return rc;
}

int imf_calibration_read(imf_calibration *out, const imf_config *top, imf_err *err)
{
    int rc = IMF_OK;
    json_t *value = NULL;
    imf_config part = {0};

    *out = (imf_calibration){0};
    IMF_TRY(imf_config_need(top, "calibration", &value, err));
    if (json_is_null(value))
        return IMF_OK;
    IMF_TRY(imf_config_need_object(top, "calibration", "calibration.", &part, err));
    IMF_TRY(read_logistic(&out->text, &part, "text", "calibration.text.", err));
    IMF_TRY(read_logistic(&out->picture, &part, "picture", "calibration.picture.", err));
    IMF_TRY(imf_config_need_real(&part, "none", 0, 1, &out->none, err));
    IMF_TRY(imf_config_need_real(&part, "good", out->none, 1, &out->good, err));
    out->given = true;
out:
    return rc;
}

double imf_calibration_probability(const imf_logistic *l, double score)
{
    return 1 / (1 + exp(-(l->score * score + l->bias)));
}

const char *imf_calibration_verdict(const imf_calibration *c, double probability)
{
    return probability >= c->good ? "good" : probability < c->none ? "none" : "maybe";
}
