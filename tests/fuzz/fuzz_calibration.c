/* Fuzz target of a model's calibration: config.json. A refusal is one line that names the file; what is accepted gives
 * a probability for every score, which does not fall as the score grows. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/calibration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() also without the sanitizers: a broken promise fails the replay. */
static void demand(int promise)
{
    if (!promise)
        abort();
}

static void try_scores(const imf_calibration *c, const imf_logistic *l)
{
    double last = 0;

    for (double score = -1; score <= 1; score += 0.25) {
        double p = imf_calibration_probability(l, score);
        const char *verdict = imf_calibration_verdict(c, p);
        demand(p >= last && p <= 1);
        demand((strcmp(verdict, "good") == 0) == (p >= c->good));
        last = p;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root = NULL;
    imf_calibration c;
    imf_err err = {0};

    if (imf_config_parse(data, size, "config.json", &root, &err) != IMF_OK)
        return 0;
    int rc = imf_calibration_read(&c, &(imf_config){"config.json", "", root}, &err);
    if (rc != IMF_OK) {
        demand(rc == IMF_EINPUT && !c.given);
        demand(strchr(err.msg, '\n') == NULL && strstr(err.msg, "config.json") != NULL);
    } else if (c.given) {
        demand(0 <= c.none && c.none <= c.good && c.good <= 1);
        try_scores(&c, &c.text);
        try_scores(&c, &c.picture);
    }
    json_decref(root);
    return 0;
}
