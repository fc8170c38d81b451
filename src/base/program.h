/* Where the running program lies: its helper and its models are found from there. */
#ifndef IMF_BASE_PROGRAM_H
#define IMF_BASE_PROGRAM_H

/* The folder of the running program, without a slash at its end; imf_free'd by the caller. NULL when it cannot be told.
 * Thread-safe. */
char *imf_program_folder(void);

#endif
