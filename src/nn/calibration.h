/*
 * Calibration: from the score of a picture to the probability that it shows what was asked for, and from that to a
 * verdict. One logistic curve for words as queries and one for pictures: the two score on different scales.
 * docs/internals/starter.md, "Calibration".
 */
#ifndef IMF_NN_CALIBRATION_H
#define IMF_NN_CALIBRATION_H

#include "nn/config.h"

typedef struct imf_logistic {
    double score, bias; /* probability = 1 / (1 + exp(-(score factor * score + bias))) */
} imf_logistic;

typedef struct imf_calibration {
    bool given; /* false: the model has none, and the rest means nothing */
    imf_logistic text, picture;
    double good, none; /* from which probability on the verdict is good; below which it is none */
} imf_calibration;

/* top: the configuration, whose key "calibration" must be there: an object, or null. Errors: IMF_EINPUT with file and
 * key. */
int imf_calibration_read(imf_calibration *out, const imf_config *top, imf_err *err);

/* Never NAN for a finite score, and never falling as the score grows. */
double imf_calibration_probability(const imf_logistic *l, double score);
/* "good", "maybe", "none" */
const char *imf_calibration_verdict(const imf_calibration *c, double probability);

#endif
