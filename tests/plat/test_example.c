/* The example of docs/plat.md: what stands between the two lines of the page is what stands here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"

/* example begins */
#include "plat/board.h"

/* A driver of two CPUs: CPU 0 waits until CPU 1 has enabled the SMMU and seen it say so. */
struct bringup {
  const struct plat *p;
  struct plat_line line; /* guards `enabled` */
  bool enabled;
  uint64_t took_ps;
};

static void enable(void *arg)
{
  struct bringup *b = arg;

  plat_mmio_write(b->p, PLAT_SMMU_BASE + 0x20, 1, 4);           /* CR0.SMMUEN */
  while (!(plat_mmio_read(b->p, PLAT_SMMU_BASE + 0x24, 4) & 1)) /* CR0ACK */
    plat_relax(b->p);
  plat_take(b->p, &b->line);
  b->enabled = true;
  plat_wrote(b->p, &b->line);
}

static void await_enabled(void *arg)
{
  struct bringup *b = arg;

  for (plat_take(b->p, &b->line); !b->enabled; plat_take(b->p, &b->line))
    plat_wait(b->p, &b->line);
  b->took_ps = plat_now_ps(b->p);
}

static int bring_up(struct plat_board *board, char *why, size_t why_len, uint64_t *took_ps)
{
  struct bringup b = { .p = plat_board_host(board) };
  int err;

  plat_cpu_start(board, 0, await_enabled, &b);
  plat_cpu_start(board, 1, enable, &b);
  err = plat_board_run(board, why, why_len);
  *took_ps = b.took_ps;
  return err;
}
/* example ends */

static const char *const real_devices[] = { "now", "timed" };

PARAM_TEST_CASE(Example, BringsTheDeviceUp, real_devices, 2)
{
  struct kit kit = kit_new(param);
  uint64_t took = 0;

  plat_costs_neutral(&kit.config.costs);
  kit_make(&kit);
  EXPECT_EQ(bring_up(kit.board, kit.why, sizeof kit.why, &took), SMMU_OK);
  /* Write 50 ns, read 200 ns, then the line there, the wake-up, and the line back: 60 ns each. */
  if (param == KIT_NOW)
    EXPECT_EQ(took, 430000u);
  else
    EXPECT_GE(took, 430000u);
  kit_end(&kit);
}

static char *read_file(const char *name)
{
  char path[512], *text = calloc(1, 1 << 16);
  FILE *file;
  size_t n = 0;

  snprintf(path, sizeof path, "%s/%s", test_source_dir(), name);
  file = fopen(path, "r");
  if (file && text)
    n = fread(text, 1, (1 << 16) - 1, file);
  if (file)
    fclose(file);
  EXPECT_GT(n, 0u);
  return text;
}

TEST_CASE(Example, IsTheOneOfThePage)
{
  char *page = read_file("docs/plat.md"), *source = read_file("tests/plat/test_example.c");
  char *begin = strstr(source, "example begins */\n"), *end = strstr(source, "/* example ends");

  if (begin && end) {
    *end = '\0';
    EXPECT_STR_CONTAINS(page, strchr(begin, '\n') + 1);
  } else {
    ADD_TEST_FAILURE("the example's marks are gone");
  }
  free(page);
  free(source);
}

/* The table of the page names every function there is, and no other. */
TEST_CASE(Example, ThePageNamesEveryFunction)
{
  static const char *const names[] = {
    "mmio_read", "mmio_write", "dma_alloc",   "dma_free",  "store64",        "load64", "barrier",
    "charge",    "take",       "wrote",       "wait",      "relax",          "wait64", "delay",
    "now_ps",    "cpu",        "irq_handler", "broadcast", "broadcast_sync", "note",   "log"
  };
  char *page = read_file("docs/plat.md"), row[40];

  EXPECT_EQ(sizeof names / sizeof *names * sizeof(void (*)(void)), sizeof(struct plat_ops));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(row, sizeof row, "`%s`", names[i]);
    EXPECT_STR_CONTAINS(page, row);
  }
  free(page);
}
