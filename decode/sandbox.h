/* The locked room: what imagefinder-decode gives up before it sees its first picture. */
#ifndef IMF_DECODE_SANDBOX_H
#define IMF_DECODE_SANDBOX_H

#include <stdint.h>

/* Locks this process in, for good: no new privileges, no path of the file system, no network, and of the kernel's calls
 * only those that decoding needs. wanted: bits of enum imf_decode_sandbox. Returns the bits that hold; one that the
 * kernel refuses is missing and the rest is in force all the same. Closes every descriptor above the socket. To be
 * called once, after the libraries are warm: nothing can be opened afterwards. */
uint32_t imf_sandbox_enter(uint32_t wanted);

#endif
