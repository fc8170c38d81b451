/*
 * The pipe between the core and imagefinder-decode: a stream socket on descriptor 3 of the worker, shared memory (a
 * sealed memfd) on descriptor 4. Fixed layout, little-endian machine order, one request then one reply. The picture's
 * open read-only descriptor travels beside the request (SCM_RIGHTS). The core trusts nothing of a reply: every field is
 * checked before use.
 *
 * Command line of the worker: imagefinder-decode --worker MAX_MEMORY TIMEOUT_MS (bytes of address space, 0 = no limit;
 * CPU time of one picture).
 */
#ifndef IMF_MEDIA_PROTOCOL_H
#define IMF_MEDIA_PROTOCOL_H

#include <assert.h>
#include <stdint.h>

#include "media/recipe.h"

enum {
    IMF_DECODE_MAGIC = 0x31444d49, /* "IMD1" */
    IMF_DECODE_VERSION = 3,
    IMF_DECODE_SOCKET = 3,
    IMF_DECODE_MEMORY = 4,
    IMF_DECODE_MAX_SIDE = IMF_VIEW_MAX_SIDE,
    IMF_DECODE_VIEW_BYTES = IMF_MAX_VIEWS * IMF_DECODE_MAX_SIDE * IMF_DECODE_MAX_SIDE * 3,
    IMF_DECODE_THUMB_BYTES = 256 * 1024, /* most of a thumbnail; it lies behind the area of the views */
    IMF_DECODE_SHM_BYTES = IMF_DECODE_VIEW_BYTES + IMF_DECODE_THUMB_BYTES
};

/* Exit statuses of the worker. */
enum imf_decode_exit {
    IMF_DECODE_EXIT_DONE = 0, /* the core has closed the socket */
    IMF_DECODE_EXIT_USAGE = 2,
    IMF_DECODE_EXIT_START = 3, /* the libraries do not start */
    IMF_DECODE_EXIT_PROTOCOL = 4,
    IMF_DECODE_EXIT_MEMORY_OUT = 5 /* a library gave up for want of memory where it cannot return an error */
};

/* How the worker has locked itself in; bits of imf_decode_hello.sandbox. */
enum imf_decode_sandbox {
    IMF_SANDBOX_NO_NEW_PRIVS = 1,
    IMF_SANDBOX_SECCOMP = 2, /* only the calls of its list are left */
    IMF_SANDBOX_LANDLOCK = 4 /* no path of the file system can be reached */
};

typedef struct imf_decode_hello { /* sent by the worker once its libraries are warm and the door is shut */
    uint32_t magic, version;
    uint32_t sandbox; /* bits of enum imf_decode_sandbox */
    uint32_t reserved;
} imf_decode_hello;

/* Bits of imf_decode_request.flags. */
enum imf_decode_flag {
    IMF_DECODE_THUMBNAIL = 1,  /* a thumbnail is wanted too */
    IMF_DECODE_RAW_COLOUR = 2, /* colour profiles are ignored, as Pillow's convert("RGB") does */
    IMF_DECODE_REFERENCE = 4,  /* views as the model's own Python code makes them of the file, with all its faults: no
                                  orientation, no profiles, no white behind alpha (docs/internals/worker.md) */
    IMF_DECODE_FULL_SIZE = 8   /* a large JPEG is not decoded at a reduced size; part of REFERENCE */
};

typedef struct imf_decode_request {
    uint32_t magic, n_views;
    uint64_t id; /* echoed */
    uint64_t file_size;
    uint64_t max_pixels; /* refuse larger pictures before decoding */
    uint32_t flags, reserved;
    imf_view_recipe views[IMF_MAX_VIEWS];
} imf_decode_request;

enum imf_decode_status {
    IMF_DECODE_OK = 0,
    IMF_DECODE_UNSUPPORTED = 1, /* no loader of the allow-list takes it */
    IMF_DECODE_DAMAGED = 2,     /* cut short or broken */
    IMF_DECODE_TOO_LARGE = 3,   /* more than max_pixels */
    IMF_DECODE_MEMORY_OUT = 4,
    IMF_DECODE_EMPTY = 5,    /* no bytes */
    IMF_DECODE_NO_LOADER = 6 /* of a format that this machine's libvips cannot open, or not outside the locked room */
};

typedef struct imf_decode_reply {
    uint32_t magic, status; /* enum imf_decode_status */
    uint64_t id;
    uint32_t width, height; /* after orientation */
    uint32_t has_alpha;     /* 0 or 1 */
    uint32_t views_made;    /* bit i: view i lies in the shared memory; views lie one after the other, in order, packed,
                               only those made */
    uint32_t thumb_size;    /* bytes of the JPEG at IMF_DECODE_VIEW_BYTES; 0: none was wanted or could be made */
    uint32_t reserved;
    char detail[160];       /* for the log: the library's own words, NUL-terminated, sanitised by the core */
} imf_decode_reply;

static_assert(sizeof(imf_decode_hello) == 16, "fixed layout");
static_assert(sizeof(imf_view_recipe) == 24, "fixed layout");
static_assert(sizeof(imf_decode_request) == 40 + 24 * IMF_MAX_VIEWS, "fixed layout");
static_assert(sizeof(imf_decode_reply) == 200, "fixed layout");

#endif
