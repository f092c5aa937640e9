/* The inside of the driver: what its files share. Nobody else includes this. */
#ifndef DRIVER_DRV_STATE_H
#define DRIVER_DRV_STATE_H

#include "arch/cmdqv.h"
#include "arch/desc.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "driver/drv.h"

#define DRV_US         1000000ULL            /* in picoseconds */
#define DRV_TIMEOUT_PS (1000000ULL * DRV_US) /* what the driver waits for a device */
#define DRV_ENTRY      64                    /* bytes of an STE and of a CD */
#define DRV_CMD_BYTES  16
#define DRV_CHUNK_LOG2 8 /* STEs of a second level Stream table */

/* ---- waiting --------------------------------------------------------------------------------- */

/* A lock whose holder may sleep. Zero is free. */
struct drv_mutex {
  struct plat_line line;
  bool held;
};

void drv_lock(const struct plat *plat, struct drv_mutex *mutex);
void drv_unlock(const struct plat *plat, struct drv_mutex *mutex);

/* Polling a device: 9 turns of relax(), then a delay of 1 us, 9 turns, 2 us, and so on. */
struct drv_poll {
  uint64_t deadline, delay;
  unsigned spins;
};

void drv_poll_start(const struct drv *drv, struct drv_poll *poll);
/* One turn: 0, or -ETIMEDOUT when the time is over. */
int drv_poll_turn(const struct drv *drv, struct drv_poll *poll);
/* Until (32-bit register & mask) == want. */
int drv_poll_register(const struct drv *drv, uint64_t addr, uint32_t mask, uint32_t want);

/* ---- command queues -------------------------------------------------------------------------- */

/* How a CMD_SYNC tells that it has completed. */
enum drv_signal {
  DRV_SIGNAL_MSI, /* zero written over its first word */
  DRV_SIGNAL_SEV, /* CS=SEV and CONS */
  DRV_SIGNAL_NONE /* CONS alone */
};

enum drv_queue_kind { DRV_QUEUE_MAIN, DRV_QUEUE_VCMDQ, DRV_QUEUE_ENHANCED };

/* A ring that any number of CPUs put commands into. drv_queue.c says how. */
struct drv_queue {
  struct drv *drv;
  enum drv_queue_kind kind;
  char name[24];
  uint64_t prod_reg, cons_reg; /* addresses */
  uint64_t ring;
  unsigned log2;
  enum drv_signal signal;
  bool restricted; /* takes what a guest's VCMDQ takes, and no more */
  bool enabled;

  /* The software indices: bits [log2:0] index and wrap; bit 31 of prod: somebody will publish. */
  uint32_t prod, cons;
  struct plat_line indices_line;
  uint32_t owner_prod; /* PROD as the last owner has written it */
  int32_t lock;        /* > 0: CPUs that wait for a CMD_SYNC; -1: one that reads CONS for room */
  struct plat_line lock_line;   /* both lie on it, as they do in Linux */
  uint64_t *valid;              /* one bit a slot; its meaning flips each lap */
  struct plat_line *valid_line; /* one for eight words */

  /* Enhanced queues: EN and ERRACK, which stand in PROD too, and the indices last written there. */
  uint32_t prod_bits, published;
  struct drv_mutex doorbell;

  /* Fetch aborts in a row at one index: since `cons` has moved. */
  uint32_t abort_at;
  unsigned aborts;
};

#define DRV_PROD_OWNED (1u << 31)

/* Ring in memory, software state at index 0. -ENOMEM. */
int drv_queue_init(struct drv *drv, struct drv_queue *queue, unsigned log2);
void drv_queue_free(struct drv_queue *queue);
/* Software state back to index 0: the device's is as well. */
void drv_queue_restart(struct drv_queue *queue);
/* Index and wrap bits. */
static inline uint32_t drv_queue_mask(const struct drv_queue *queue)
{
  return (2u << queue->log2) - 1;
}
/* Bits of CONS that are no index: of its error, and of an enhanced queue's enable. */
uint32_t drv_queue_status(const struct drv_queue *queue);
static inline uint64_t drv_queue_slot(const struct drv_queue *queue, uint32_t at)
{
  return queue->ring + (uint64_t)(at & ((1u << queue->log2) - 1)) * DRV_CMD_BYTES;
}
int drv_queue_issue(struct drv_queue *queue, const struct drv_command *command, unsigned count,
                    bool sync);
bool drv_queue_takes(const struct drv_queue *queue, const struct drv_command *command);
/* Read CONS; false when it cannot be true: outside the ring, before what is known, past PROD. */
bool drv_queue_read_cons(struct drv_queue *queue, uint32_t *cons);

/* The CMD_SYNC for slot `at`. */
struct drv_command drv_sync_command(const struct drv_queue *queue, uint32_t at);
/* Wait for the CMD_SYNC in slot `at`. 0 or -ETIMEDOUT; *known: *cons is a CONS seen or implied. */
int drv_sync_wait(struct drv_queue *queue, uint32_t at, uint32_t *cons, bool *known);

/* The queue stopped: find out why, make the command harmless. False: it must not go on. */
bool drv_queue_skip_error(struct drv_queue *queue);

/* ---- commands -------------------------------------------------------------------------------- */

struct drv_command drv_cmd_cfgi_ste(uint32_t sid);
struct drv_command drv_cmd_cfgi_cd(uint32_t sid);
struct drv_command drv_cmd_cfgi_all(void);
struct drv_command drv_cmd_prefetch(uint32_t sid);
struct drv_command drv_cmd_plain(enum smmu_opcode opcode);
struct drv_command drv_cmd_vmid(enum smmu_opcode opcode, uint16_t vmid);
struct drv_command drv_cmd_asid(uint16_t asid);
struct drv_command drv_cmd_terminate(uint32_t sid, uint16_t stag);
/* Invalidate a range of the domain and wait. granule: bytes of a leaf; !leaf: tables too. */
int drv_inv_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                  bool leaf);

/* ---- broadcasts ------------------------------------------------------------------------------ */

/* Does the driver share address spaces with CPUs? */
bool drv_broadcasts(const struct drv *drv);
/* As drv_inv_range() and drv_flush_all(), of a shared domain. */
int drv_broadcast_range(struct drv_domain *domain, uint64_t iova, uint64_t bytes, uint64_t granule,
                        bool leaf);
int drv_broadcast_all(struct drv_domain *domain);

/* ---- domains --------------------------------------------------------------------------------- */

/* A translation table in device memory. Descriptors are read and written there; software keeps no
 * copy. */
struct drv_table {
  struct smmu_geometry geometry;
  uint8_t stage;
  uint64_t root;
  size_t root_bytes;
  struct drv_mutex install; /* held while a table is linked */
};

struct drv_domain {
  struct drv *drv;
  enum drv_domain_kind kind;
  uint32_t number; /* from 1, for notes */
  uint16_t asid, vmid;
  bool shared; /* with CPUs: CD.ASET is 0 */
  struct drv_table table;
  struct drv_domain *parent; /* NESTED */
  uint64_t vste[2];
  bool parented;  /* S2: a nested domain has stood on it */
  bool guest_ats; /* NESTED: the guest's STE has EATS */
  unsigned children, attached;
};

/* Encodings of 32, 36, 40, 42, 44 and 48 bits (IPS, S2PS), and of a granule (TG0, S2TG). */
unsigned drv_size_code(unsigned bits);
unsigned drv_granule_code(unsigned granule_log2);
int drv_table_init(struct drv_domain *domain, unsigned stage);
void drv_table_free(struct drv_domain *domain);
/* Unlink the table behind the descriptor at `at`, which lies at `level` and covers iova: descriptor
 * 0, invalidation, and the tables' memory back, also when that was not confirmed: -ETIMEDOUT. */
int drv_table_drop(struct drv_domain *domain, uint64_t at, uint64_t desc, int level, uint64_t iova);
/* Whether a table at `level` holds no leaf, or nothing but leaves. */
bool drv_table_is_empty(const struct drv_domain *domain, uint64_t table, int level);
bool drv_table_is_full(const struct drv_domain *domain, uint64_t table, int level);
/* Bytes that a descriptor of this level covers; whether a leaf may stand there. */
static inline uint64_t drv_table_span(const struct drv_domain *domain, int level)
{
  return 1ULL << smmu_level_shift(domain->table.geometry.granule_log2, level);
}
static inline bool drv_table_leaf_level(const struct drv_domain *domain, int level)
{
  return level >= (domain->table.geometry.granule_log2 == 12 ? 1 : 2);
}
static inline uint64_t drv_table_next(const struct drv_domain *domain, uint64_t desc)
{
  return smmu_desc_out(desc, &domain->table.geometry, domain->table.geometry.granule_log2);
}
static inline bool drv_domain_translates(const struct drv_domain *domain)
{
  return domain->kind == DRV_DOMAIN_S1 || domain->kind == DRV_DOMAIN_S2;
}

/* ---- structures ------------------------------------------------------------------------------ */

struct drv_stream {
  struct drv_domain *domain; /* NULL: aborts */
  bool stalls;               /* drv_enable_stalls() */
  uint64_t cd;               /* 0: has none yet */
};

/* 2^DRV_CHUNK_LOG2 streams. */
struct drv_chunk {
  uint64_t table;
  struct drv_stream stream[1 << DRV_CHUNK_LOG2];
};

struct drv_strtab {
  bool two_level;
  unsigned log2; /* streams */
  uint64_t base;
  size_t bytes;
  struct drv_chunk **chunk;
};

int drv_strtab_init(struct drv *drv);
void drv_strtab_free(struct drv *drv);
/* The stream, its second level table made; *ste is the STE's address. -ENOMEM. */
int drv_strtab_stream(struct drv *drv, uint32_t sid, struct drv_stream **stream, uint64_t *ste);
/* As far as it exists. */
struct drv_stream *drv_strtab_find(struct drv *drv, uint32_t sid);

/* A structure of eight words whose first one holds V, and how to replace it. */
struct drv_entry {
  uint64_t addr;
  void (*used)(const uint64_t words[8], uint64_t mask[8]); /* bits the device looks at */
  struct drv_command forget;                               /* makes the device read it again */
};

/* Replace it so that the device never sees a mixture, and without a gap where one store can do it.
 * 0 or -ETIMEDOUT. IHI 0070 3.21. */
int drv_entry_write(struct drv *drv, const struct drv_entry *entry, const uint64_t target[8]);

/* How a stream is used: bits of `how`. */
enum { DRV_HOW_ATS = 1, DRV_HOW_STALLS = 2 };

void drv_ste_make(const struct drv_domain *domain, uint64_t cd, unsigned how, uint64_t words[8]);
void drv_ste_used(const uint64_t words[8], uint64_t mask[8]);
int drv_ste_install(struct drv *drv, uint32_t sid, uint64_t ste, const uint64_t words[8]);
void drv_cd_make(const struct drv_domain *domain, unsigned how, uint64_t words[8]);
void drv_cd_used(const uint64_t words[8], uint64_t mask[8]);
int drv_cd_install(struct drv *drv, uint32_t sid, uint64_t cd, const uint64_t words[8]);

/* ---- ATS (drv_ats.c) -------------------------------------------------------------------------- */

/* After the TLBI: the streams of a domain, and of the nested domains on it, forget a range (bytes 0:
 * everything), and that is waited for. */
int drv_ats_invalidate(struct drv_domain *domain, uint64_t iova, uint64_t bytes);
/* Shall the stream use ATS in this domain? */
bool drv_ats_wanted(struct drv *drv, uint32_t sid, const struct drv_domain *domain);
/* Before and after the STE is written: unmapping in the old and in the new domain invalidates the
 * stream in between; a device is switched off before and on after. */
void drv_ats_prepare(struct drv *drv, uint32_t sid, struct drv_domain *domain, bool wanted);
int drv_ats_commit(struct drv *drv, uint32_t sid, bool wanted);
void drv_ats_free(struct drv *drv);

/* ---- events, errors, CMDQV ------------------------------------------------------------------- */

struct drv_eventq {
  uint64_t ring;
  unsigned log2;
  uint32_t cons; /* with overflow bit 31 */
};

int drv_eventq_init(struct drv *drv);
void drv_eventq_free(struct drv *drv);
/* Interrupt handlers; the argument is the driver. */
void drv_eventq_handler(void *arg);
void drv_gerror_handler(void *arg);
void drv_cmdqv_handler(void *arg);

/* A group of page requests that is not yet answered. */
struct drv_page_group {
  uint32_t sid, ssid;
  uint16_t index;
  bool open, bad;
};

enum { DRV_PAGE_GROUPS = 64 };

int drv_priq_init(struct drv *drv);
void drv_priq_free(struct drv *drv);
void drv_priq_handler(void *arg);
/* An event record with Stall was taken: answer it. */
void drv_fault_stalled(struct drv *drv, const uint64_t words[4]);

struct drv_cmdqv {
  unsigned queues; /* LVCMDQs of VINTF 0 in use, queue[0 .. queues - 1] */
  struct drv_queue *queue;
  bool enabled;
  uint64_t taken; /* VINTFs, one bit each */
  struct drv_mutex mutex;
};

int drv_cmdqv_probe(struct drv *drv);
int drv_cmdqv_start(struct drv *drv);
void drv_cmdqv_stop(struct drv *drv);
/* This CPU's queue, if it takes all these commands; else NULL. */
struct drv_queue *drv_cmdqv_queue(struct drv *drv, const struct drv_command *command,
                                  unsigned count);
/* Enhanced command queues, one a CPU as far as they go round. */
struct drv_ecmdq {
  uint32_t idr6;
  unsigned queues; /* in use */
  struct drv_queue *queue;
  bool enabled;
};

int drv_ecmdq_probe(struct drv *drv);
/* Whoever had them before: off, so that CR1 can be written. 0 or -ETIMEDOUT. */
int drv_ecmdq_all_off(struct drv *drv);
int drv_ecmdq_start(struct drv *drv);
void drv_ecmdq_stop(struct drv *drv);
/* This CPU's queue; NULL: there is none. */
struct drv_queue *drv_ecmdq_queue(struct drv *drv);
/* GERROR.CMDQP_ERR is active. */
void drv_ecmdq_errors(struct drv *drv);

/* Steps that VINTF 0 and those of virtual machines share. The queues of VINTF 0 must be allocated
 * for them; those of a virtual machine must not be, so that its guest cannot reach them meanwhile. */
void drv_cmdqv_vcmdq_deinit(struct drv *drv, unsigned vintf, unsigned lvcmdq);
void drv_cmdqv_allocate(struct drv *drv, unsigned vintf, unsigned lvcmdq, bool on);
void drv_cmdqv_set_base(struct drv *drv, unsigned vintf, unsigned lvcmdq, uint64_t ring,
                        unsigned log2);
int drv_cmdqv_vintf_on(struct drv *drv, unsigned vintf, uint32_t config);
void drv_cmdqv_vintf_off(struct drv *drv, unsigned vintf);

/* ---- the driver ------------------------------------------------------------------------------ */

/* Identifiers from 1 on; bit set: taken. */
struct drv_ids {
  uint64_t *taken;
  uint32_t count; /* 0 .. count - 1 exist */
};

struct drv {
  struct plat plat;
  struct drv_options options;
  struct drv_features features;
  struct drv_queue cmdq;
  struct drv_eventq eventq, priq;
  struct drv_page_group group[DRV_PAGE_GROUPS];
  struct drv_strtab strtab;
  struct drv_cmdqv cmdqv;
  struct drv_ecmdq ecmdq;
  struct drv_ids asids, vmids;
  struct drv_ats *ats;    /* streams with an ATC; grows at the front, under mutex */
  struct drv_mutex mutex; /* domains, identifiers and streams */
  uint32_t domains;       /* ever made */
  unsigned irqs;          /* lines whose handler is ours, one bit each */
  struct drv_counts counts;
};

int drv_ids_init(struct drv_ids *ids, unsigned bits);
/* The lowest free one, or 0. */
uint16_t drv_ids_take(struct drv_ids *ids);
void drv_ids_give(struct drv_ids *ids, uint16_t id);

static inline uint32_t drv_read(const struct drv *drv, uint64_t offset)
{
  return (uint32_t)plat_mmio_read(&drv->plat, drv->options.smmu + offset, 4);
}
static inline void drv_write(const struct drv *drv, uint64_t offset, uint32_t value)
{
  plat_mmio_write(&drv->plat, drv->options.smmu + offset, value, 4);
}
static inline void drv_write64(const struct drv *drv, uint64_t offset, uint64_t value)
{
  plat_mmio_write(&drv->plat, drv->options.smmu + offset, value, 8);
}
static inline uint32_t drv_vread(const struct drv *drv, uint64_t offset)
{
  return (uint32_t)plat_mmio_read(&drv->plat, drv->options.cmdqv + offset, 4);
}
static inline void drv_vwrite(const struct drv *drv, uint64_t offset, uint32_t value)
{
  plat_mmio_write(&drv->plat, drv->options.cmdqv + offset, value, 4);
}

/* A line for people. */
__attribute__((format(printf, 2, 3))) void drv_log(const struct drv *drv, const char *format, ...);

#endif
