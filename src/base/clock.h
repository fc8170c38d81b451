/* Monotonic time. */
#ifndef IMF_BASE_CLOCK_H
#define IMF_BASE_CLOCK_H

double imf_now_ms(void); /* milliseconds since some fixed moment; thread-safe */

#endif
