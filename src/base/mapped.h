/*
 * A read-only mapping of a file that survives the file being cut by somebody else. Reading a page of a mapping that
 * the file no longer has raises SIGBUS; here a guard puts zeros in the place of the hole and marks the mapping as
 * damaged, and the reader goes on. libwayland guards the memory that clients share with it in the same way.
 *
 * A reader works in this order: open, read, ask imf_mapped_damaged, use what was computed. When it is damaged, what was
 * computed may rest on zeros: the call fails, or is repeated without the file. Asking before reading proves nothing.
 *
 * What the guard cannot see: a cut within the last page that is left (the system itself gives zeros up to that page's
 * end), and bytes that were changed in place or written anew after a cut. Checksums are for these.
 *
 * All functions are thread-safe. They return 0 or a negated errno, as the file layer does (file.h).
 *
 * One-time state of the process: the first mapping installs the handler of SIGBUS, for good. Faults outside these
 * mappings, and bad memory that the processor reports, go to the handler that was there before; where there was none,
 * the process ends by SIGBUS as it would have. A handler that the host program installs later replaces the guard, and
 * must call the one before it. A thread that blocks SIGBUS must not read a mapping: the system ends the process
 * instead. A system call that is handed memory beyond the cut fails with EFAULT and raises nothing.
 */
#ifndef IMF_BASE_MAPPED_H
#define IMF_BASE_MAPPED_H

#include <stdbool.h>
#include <stdint.h>

typedef struct imf_mapped imf_mapped;

enum { IMF_MAPPED_MAX = 1024 }; /* mappings open at once in the process */

/*
 * Maps [0, bytes) of a regular file; 0 bytes stand for the whole of it. The file may be longer (one that grows at its
 * end), not shorter. The descriptor stays the caller's and may be closed at once. Besides what the system says:
 *   -ENODATA  the file is shorter, or empty: the caller has its own words for that
 *   -EISDIR   a folder
 *   -EINVAL   neither a file nor a folder
 *   -EMFILE   IMF_MAPPED_MAX mappings are open
 */
int imf_mapped_open_fd(int fd, uint64_t bytes, imf_mapped **out);

/* The same by path; flags: 0, or IMF_FILE_FOLLOW for a path that may be a link (else -ELOOP). */
int imf_mapped_open(const char *path, int flags, uint64_t bytes, imf_mapped **out);

const void *imf_mapped_base(const imf_mapped *m); /* at a page's edge */
uint64_t imf_mapped_size(const imf_mapped *m);

/* Whether any read so far met a hole. It stays so: the zeros are there until the mapping is closed. */
bool imf_mapped_damaged(const imf_mapped *m);

/* Ends the mapping and sets *m to NULL; accepts NULL. Nobody may be reading it. */
void imf_mapped_close(imf_mapped **m);

#endif
