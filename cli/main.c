/*
 * imagefinder, the program: from argv to one verb to one exit status. It does nothing itself: options.c parses,
 * cmd_*.c work through the library (imagefinder.h only), output.c prints.
 */
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "texts.h"

/* A standard descriptor that the caller closed would be given to the first file opened, and results would be written
 * into it. Such a stdout is opened for reading, so that writing to it fails and is reported. */
static void keep_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
            _exit(IMF_CLI_FAULT);
}

int imf_cli_open(imf_finder **finder, const imf_cli_options *o)
{
    imf_err err = {0};
    imf_options options = imf_options_default();

    options.home = o->home;
    options.model = o->model;
    options.threads = o->threads;
    return imf_open(finder, &options, &err) == IMF_OK ? 0 : imf_cli_fail(&err);
}

int main(int argc, char **argv)
{
    imf_cli_options o;

    keep_standard_descriptors();
    imf_cli_choose_language();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is seen as EPIPE in imf_cli_finish */
    int status = imf_cli_parse(&o, argc, argv);
    if (status == 0 && o.version)
        imf_cli_put(stdout, TXT_VERSION, imf_version());
    else if (status == 0 && o.help)
        fputs(imf_cli_tr(o.help_text), stdout);
    else if (status == 0)
        status = o.verb->run(&o);
    imf_cli_options_clear(&o);
    return imf_cli_finish(status);
}
