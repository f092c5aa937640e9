/* A board with one CPU and one device, a driver on it, and those who watch (docs/porting.md).
 *
 *   own_driver            a page is mapped, used, taken away: nothing is wrong
 *   own_driver --forget   the TLBI is forgotten, and the device still gets at the page
 *
 * Exit status 0: nothing was found; 1: something was; 2: it could not be run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "machine/observe.h"
#include "plat/place.h"
#include "smmu/err.h"
#include "watch/check.h"
#include "watch/place.h"
#include "watch/watch.h"

enum { SID = 5, IOVA = 0x40000000, RAM = 16 << 20 };

struct bench {
  struct engine_memory *memory;
  struct plat_board *board;
  struct machine_observer observer;
  struct machine_sink sink;
  struct plat_places *places; /* where the driver is when it calls */
  struct watch_places *names; /* functions, files and lines of that */
  struct watch *watch;        /* judges translations */
  struct check *check;        /* judges what the driver does */
  struct own_driver driver;
  bool forget;
  int rc;
};

/* ---- the driver's program ---- */

static void access_page(struct bench *b, const char *when)
{
  const struct smmu_txn txn = { .addr = IOVA + 0x123, .sid = SID, .write = true };
  struct smmu_result result;

  plat_board_translate(b->board, &txn, &result);
  if (result.status == SMMU_STATUS_OK)
    printf("%s: 0x%llx becomes 0x%llx\n", when, (unsigned long long)txn.addr,
           (unsigned long long)result.pa);
  else
    printf("%s: 0x%llx is refused, event 0x%02x\n", when, (unsigned long long)txn.addr,
           (unsigned)result.event);
}

static void program(void *arg)
{
  struct bench *b = arg;
  struct own_driver *d = &b->driver;
  const struct plat *p = plat_board_host(b->board);
  uint64_t page;

  b->rc = own_start(d, p, PLAT_SMMU_BASE);
  if (b->rc == 0)
    b->rc = own_attach(d, SID);
  if (b->rc == 0)
    b->rc = plat_dma_alloc(p, 4096, 4096, &page);
  if (b->rc == 0)
    b->rc = own_map(d, IOVA, page);
  if (b->rc != 0)
    return;
  access_page(b, "mapped  ");
  if (b->forget) {
    own_clear(d, IOVA);
    plat_note(p, PLAT_NOTE_UNMAPPED, IOVA, 4096, 1);
  } else {
    b->rc = own_unmap(d, IOVA);
  }
  access_page(b, "unmapped");
}

/* ---- those who watch ---- */

static void on_record(void *ctx, const struct smmu_record *record)
{
  struct bench *b = ctx;

  watch_record(b->watch, record);
  check_record(b->check, record);
}

static void on_place(void *ctx, uint32_t number, char *text, size_t len)
{
  (void)watch_place_text(((struct bench *)ctx)->names, number, text, len);
}

static void on_story(void *ctx, const struct watch_story *story)
{
  (void)ctx;
  printf("\n%s", story->text);
}

static void on_finding(void *ctx, const struct check_finding *f)
{
  char where[WATCH_PLACE_TEXT];

  on_place(ctx, f->place, where, sizeof where);
  printf("\n%s in %s: %s\n", check_rule_id(f->rule), where, f->text);
}

static int watch_board(struct bench *b)
{
  const struct plat_device *device = plat_board_device(b->board);

  b->places = plat_places_create(0);
  b->names = b->places ? watch_places_of(b->places) : NULL;
  b->watch =
    watch_create(&(struct watch_options){ .ctx = b, .story = on_story, .place = on_place });
  b->check = check_create(&(struct check_options){ .ctx = b, .finding = on_finding });
  if (!b->names || !b->watch || !b->check)
    return SMMU_ERR_NOMEM;
  b->sink = (struct machine_sink){ b, on_record, b->places };
  b->observer.world[0] = plat_board_host(b->board)->ctx;
  b->observer.board = b->board;
  b->observer.sink = &b->sink;
  machine_observer_start(&b->observer);
  plat_board_set_watch(b->board, &b->observer.watch);
  device->ops->set_hooks(device->ctx, &b->observer.hooks);
  return SMMU_OK;
}

/* ---- the board ---- */

static int create(struct bench *b)
{
  struct plat_board_config config = { .cpus = 1, .irq_lines = SMMU_SIGNAL_COUNT, .ram_bytes = RAM };
  struct smmu_config smmu;
  struct timed_profile profile;
  struct plat_device device;
  int rc = engine_memory_create(&b->memory, ENGINE_HOLE_ABORT);

  if (rc != SMMU_OK)
    return rc;
  smmu_config_neutral(&smmu); /* or your chip's ID registers: smmu.idr[] */
  timed_profile_neutral(&profile);
  plat_costs_neutral(&config.costs);
  config.memory = b->memory;
  rc = plat_device_timed(&device, &(struct engine_timed_options){
                                    .device = &smmu,
                                    .profile = &profile,
                                    .bus = engine_memory_bus(b->memory),
                                  });
  if (rc == SMMU_OK)
    rc = plat_board_create(&b->board, &config, &device);
  return rc == SMMU_OK ? watch_board(b) : rc;
}

static int run(struct bench *b)
{
  char why[256] = "";
  int rc = plat_cpu_start(b->board, 0, program, b);

  if (rc == SMMU_OK)
    rc = plat_board_run(b->board, why, sizeof why);
  if (rc != SMMU_OK)
    fprintf(stderr, "own_driver: %s %s\n", smmu_err_text(rc), why);
  else if (b->rc != 0)
    fprintf(stderr, "own_driver: %s\n", strerror(-b->rc));
  return rc == SMMU_OK && b->rc == 0 ? 0 : 2;
}

static int report(struct bench *b)
{
  struct watch_counts counts;
  uint64_t stale, findings;

  check_end(b->check);
  watch_get_counts(b->watch, &counts);
  stale = counts.verdict[WATCH_STALE_DRIVER] + counts.verdict[WATCH_STALE_DEVICE];
  findings = check_findings(b->check, CHECK_FINDING);
  printf("\n%llu fresh, %llu stale, %llu findings\n",
         (unsigned long long)counts.verdict[WATCH_FRESH], (unsigned long long)stale,
         (unsigned long long)findings);
  return stale || findings ? 1 : 0;
}

static void destroy(struct bench *b)
{
  check_destroy(b->check);
  watch_destroy(b->watch);
  watch_places_destroy(b->names);
  plat_places_destroy(b->places);
  plat_board_destroy(b->board);
  engine_memory_destroy(b->memory);
}

int main(int argc, char **argv)
{
  struct bench b = { .forget = argc == 2 && strcmp(argv[1], "--forget") == 0 };
  int status = 2;

  if (argc > 2 || (argc == 2 && !b.forget)) {
    fprintf(stderr, "usage: own_driver [--forget]\n");
    return 2;
  }
  if (create(&b) == SMMU_OK) {
    status = run(&b);
    if (status == 0)
      status = report(&b);
  }
  destroy(&b);
  return status;
}
