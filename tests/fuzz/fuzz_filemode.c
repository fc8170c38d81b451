/* The heads of PNG, GIF and TIFF files as the reference mode reads them (decode/filemode.h). The first byte says which
 * kind of file and which samples; the rest is the file. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../decode/filemode.c" /* it is in no library */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    enum imf_file_kind kind = (enum imf_file_kind)(data[0] % (IMF_FILE_OTHER + 1));
    uint32_t bands = 1 + data[0] / 8 % 4;
    bool wide = data[0] & 32, cmyk = bands == 4 && (data[0] & 64);
    int fd = memfd_create("file", MFD_CLOEXEC);
    demand(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    /* a file may be shorter than it was when it was looked at */
    imf_file_mode m = imf_file_mode_of(fd, size - 1 + data[0] / 128 * 1000, kind, bands, wide, cmyk);
    close(fd);
    demand(m.mode > IMF_MODE_SRGB && m.mode <= IMF_MODE_GREY16_SWAPPED);
    demand((m.mode == IMF_MODE_CMYK) == cmyk);
    demand(wide || (m.mode != IMF_MODE_GREY16 && m.mode != IMF_MODE_GREY16_SWAPPED));
    demand(!m.alpha || (!cmyk && bands % 2 == 0));
    demand(m.right >= m.left && m.bottom >= m.top);
    demand(kind == IMF_FILE_GIF || !m.fills);
    return 0;
}
