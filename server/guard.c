/* Who may ask. See request.h. */
#include <string.h>

#include "request.h"

/* A name of this machine with or without a port. Others that lead here too (127.0.0.2, a name in /etc/hosts) are not
 * taken: a browser would let pages of such a site in. */
static bool own_name(imf_span host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        imf_span name = {host.at, host.size < n ? host.size : n};
        if (!imf_span_is_nocase(name, names[i]))
            continue;
        if (host.size == n)
            return true;
        unsigned port = 0;
        if (host.at[n] != ':' || host.size < n + 2 || host.size > n + 6)
            return false;
        for (size_t k = n + 1; k < host.size; k++) {
            if (host.at[k] < '0' || host.at[k] > '9')
                return false;
            port = port * 10 + (unsigned)(host.at[k] - '0');
        }
        return port >= 1 && port <= 65535;
    }
    return false;
}

static bool same_origin(imf_span origin, imf_span host)
{
    size_t scheme = origin.size > 8 && memcmp(origin.at, "https://", 8) == 0  ? 8
                    : origin.size > 7 && memcmp(origin.at, "http://", 7) == 0 ? 7
                                                                              : 0;

    if (scheme == 0 || origin.size - scheme != host.size)
        return false;
    for (size_t i = 0; i < host.size; i++)
        if ((origin.at[scheme + i] | 0x20) != (host.at[i] | 0x20)) /* host is letters, digits and ".:[]" only */
            return false;
    return own_name((imf_span){origin.at + scheme, origin.size - scheme});
}

imf_problem imf_guard(const imf_request *r)
{
    bool reads = r->method == IMF_METHOD_GET || r->method == IMF_METHOD_HEAD;

    if (!own_name(r->host))
        return IMF_PROBLEM_HOST;
    if (r->origin.at != NULL && !same_origin(r->origin, r->host))
        return IMF_PROBLEM_ORIGIN;
    if (r->fetch_site.at == NULL || imf_span_is(r->fetch_site, "same-origin") || imf_span_is(r->fetch_site, "none"))
        return IMF_PROBLEM_NONE;
    if (reads && imf_span_is(r->path, "/") && imf_span_is(r->fetch_mode, "navigate"))
        return IMF_PROBLEM_NONE;
    return IMF_PROBLEM_ORIGIN;
}
