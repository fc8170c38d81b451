/* The colours of a view: against a plain loop over pixels, and what they are for: the thing in the middle counts, its
 * background does not. Uses a table and a window made here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/starter_internal.h"

enum { SIZE = 44, BLOCKS = 6, COLOURS = 5, CELLS = 32768 }; /* the last block of a row is half a block */

static uint8_t table[CELLS], window[2][BLOCKS][BLOCKS], rgb[SIZE][SIZE][3];

static imf_starter model(void)
{
    imf_starter m = {0};

    m.config.picture_size = SIZE;
    m.picture.colour_dim = COLOURS;
    m.picture.colour_background = 0.8;
    m.picture.colour_floor = 0.1;
    m.picture.colour_table = table;
    m.picture.colour_window = &window[0][0][0];
    return m;
}

/* Red, green and blue by their highest channel, dark and light by none. The border is the outer ring of blocks. */
static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < CELLS; i++) {
        int r = i >> 10, g = i >> 5 & 31, b = i & 31;
        table[i] = (uint8_t)(r > g && r > b ? 0 : g > r && g > b ? 1 : b > r && b > g ? 2 : r + g + b < 48 ? 3 : 4);
    }
    for (int y = 0; y < BLOCKS; y++)
        for (int x = 0; x < BLOCKS; x++) {
            bool border = x == 0 || y == 0 || x == BLOCKS - 1 || y == BLOCKS - 1;
            window[0][y][x] = (uint8_t)(border ? 20 : 200 + x + y);
            window[1][y][x] = border ? 255 : 0;
        }
    return 0;
}

static void paint(int left, int top, int right, int bottom, uint8_t r, uint8_t g, uint8_t b)
{
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) {
            rgb[y][x][0] = r;
            rgb[y][x][1] = g;
            rgb[y][x][2] = b;
        }
}

static void test_one_colour(void **state)
{
    imf_starter m = model();
    float colour[COLOURS];

    (void)state;
    paint(0, 0, SIZE, SIZE, 255, 255, 255); /* background and subject alike: the floor remains, at full length */
    imf_starter_colours(&m, &rgb[0][0][0], colour);
    for (int i = 0; i < COLOURS; i++)
        assert_true(fabsf(colour[i] - (i == 4 ? 1 : 0)) < 1e-6f);
}

static void test_background(void **state)
{
    imf_starter m = model();
    float colour[COLOURS], without[COLOURS];

    (void)state;
    paint(0, 0, SIZE, SIZE, 10, 200, 10);
    paint(16, 16, 28, 28, 220, 10, 10); /* a small red thing on green */
    imf_starter_colours(&m, &rgb[0][0][0], colour);
    m.picture.colour_background = 0;
    imf_starter_colours(&m, &rgb[0][0][0], without);
    assert_true(without[1] > without[0]);
    assert_true(colour[0] > without[0] && colour[1] < without[1]);
    assert_true(colour[1] > 0.01f); /* the floor leaves something of it */
}

/* Against the definition, pixel by pixel; with a border of no weight, too. */
static void test_definition(void **state)
{
    imf_starter m = model();

    (void)state;
    srand(1);
    for (int round = 0; round < 20; round++) {
        double sums[2][COLOURS] = {{0}}, all[2] = {0}, part[COLOURS], total = 0, norm = 0;
        float colour[COLOURS];
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++)
                for (int c = 0; c < 3; c++)
                    rgb[y][x][c] = (uint8_t)(rand() % (round % 3 == 0 ? 256 : 40 + 10 * c * (x > y)));
        m.picture.colour_background = 0.1 * round;
        if (round == 19)
            memset(window[1], 0, sizeof window[1]);
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++) {
                const uint8_t *p = rgb[y][x];
                for (int k = 0; k < 2; k++) {
                    double weight = window[k][y / 8][x / 8];
                    sums[k][table[(p[0] / 8) * 1024 + (p[1] / 8) * 32 + p[2] / 8]] += weight;
                    all[k] += weight;
                }
            }
        for (int i = 0; i < COLOURS; i++) {
            double inside = sums[0][i] / all[0], border = all[1] > 0 ? sums[1][i] / all[1] : 0;
            double left = inside - m.picture.colour_background * border;
            part[i] = (left > 0 ? left : 0) + 0.1 * inside;
            total += part[i];
        }
        imf_starter_colours(&m, &rgb[0][0][0], colour);
        for (int i = 0; i < COLOURS; i++) {
            if (!(fabs((double)colour[i] - sqrt(part[i] / total)) < 1e-6))
                fail_msg("round %d, colour %d: %f, expected %f", round, i, (double)colour[i], sqrt(part[i] / total));
            norm += (double)colour[i] * (double)colour[i];
        }
        assert_true(fabs(norm - 1) < 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_colour),
        cmocka_unit_test(test_background),
        cmocka_unit_test(test_definition),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
