/* See recording.h. Everything a machine numbers gets its name here: a reader needs no part of it. */
#include "tools/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/regs.h"
#include "host_sim/vmm.h"
#include "machine/device.h"
#include "plat/board.h"
#include "smmu/ecmdq.h"
#include "smmu/err.h"
#include "smmu/smmu.h"
#include "tools/machine_words.h"
#include "tools/run_files.h"

static int add_list(struct smt_names *names, enum smt_kind kind, unsigned count,
                    const char *(*name)(unsigned number))
{
  int rc = 0;

  for (unsigned i = 0; i < count && !rc; i++)
    rc = smt_names_add(names, kind, i, name(i));
  return rc;
}

/* "vCPU 0", "vCPU 1", ...; the numbers begin at `first`. */
static int add_numbered(struct smt_names *names, enum smt_kind kind, uint64_t first, uint64_t count,
                        const char *what)
{
  char text[64];
  int rc = 0;

  for (uint64_t i = 0; i < count && !rc; i++) {
    snprintf(text, sizeof(text), "%s %llu", what, (unsigned long long)i);
    rc = smt_names_add(names, kind, first + i, text);
  }
  return rc;
}

/* Interrupt handlers have numbers behind those of the CPUs. */
static int add_cpus(struct smt_names *names, const struct machine_config *cfg)
{
  bool bare = machine_get(cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_BARE;
  uint64_t cpus = machine_get(cfg, MACHINE_KEY_VCPUS);
  int rc = add_numbered(names, SMT_CPU, 0, cpus, bare ? "CPU" : "vCPU");

  return rc ? rc
            : add_numbered(names, SMT_CPU, cpus, SMMU_SIGNAL_COUNT + VMM_IRQ_LINES,
                           "handler of line");
}

static int add_actors_of(struct smt_names *names, const struct smmu_config *device,
                         const struct smmu *smmu)
{
  unsigned vcmdqs = device->cmdqv.present ? 1u << device->cmdqv.vcmdqs_log2 : 0;
  unsigned ecmdqs = smmu_ecmdq_count(device), behind = 1 + vcmdqs + ecmdqs;
  int rc = smt_names_add(names, SMT_ACTOR, smmu_actor_cmdq(smmu, 0), "CMDQ");

  if (!rc)
    rc = smt_names_add(names, SMT_ACTOR, smmu_actor_eventq(smmu), "EVENTQ");
  if (!rc)
    rc = smt_names_add(names, SMT_ACTOR, smmu_actor_ack(smmu), "acknowledger");
  if (!rc && vcmdqs)
    rc = add_numbered(names, SMT_ACTOR, smmu_actor_cmdq(smmu, 1), vcmdqs, "VCMDQ");
  if (!rc && ecmdqs)
    rc = add_numbered(names, SMT_ACTOR, smmu_actor_cmdq(smmu, 1 + vcmdqs), ecmdqs, "ECMDQ");
  if (!rc && GET(IDR0, BTM, device->idr[0]))
    rc = smt_names_add(names, SMT_ACTOR, smmu_actor_cmdq(smmu, behind), "broadcast");
  if (!rc && GET(IDR0, PRI, device->idr[0]))
    rc = smt_names_add(names, SMT_ACTOR, smmu_actor_priq(smmu), "PRIQ");
  return rc;
}

/* A device of the same features says which actor is which; how large its caches are does not count. */
static int add_actors(struct smt_names *names, const struct machine_config *cfg)
{
  struct smmu_config device;
  struct smmu *smmu;
  int rc;

  machine_device_config(cfg, &device);
  device.utlb.sets = device.tlb.sets = device.walk_cache.sets = device.cfg_cache.sets = 0;
  smmu = aligned_alloc(64, smmu_size(&device));
  rc = smmu ? smmu_init(smmu, &device) : SMMU_ERR_NOMEM;
  if (!rc)
    rc = add_actors_of(names, &device, smmu);
  free(smmu);
  return rc;
}

static int add_names(struct smt_names *names, const struct machine_config *cfg)
{
  int rc = smt_names_add_model(names);

  if (!rc)
    rc = add_list(names, SMT_COST, PLAT_COST_COUNT, plat_cost_key);
  if (!rc)
    rc = add_list(names, SMT_NOTE, PLAT_NOTE_COUNT, plat_note_name);
  if (!rc)
    rc = add_list(names, SMT_OPERATION, PLAT_OP_COUNT, plat_operation_name);
  if (!rc)
    rc = smt_names_add(names, SMT_WORLD, 0, "host");
  if (!rc)
    rc = smt_names_add(names, SMT_WORLD, 1, "VM 0");
  if (!rc)
    rc = smt_names_add(names, SMT_WINDOW, PLAT_SMMU_BASE, "SMMU");
  if (!rc)
    rc = smt_names_add(names, SMT_WINDOW, PLAT_CMDQV_BASE, "CMDQV");
  if (!rc && machine_get(cfg, MACHINE_KEY_PMCG))
    rc = smt_names_add(names, SMT_WINDOW, PLAT_PMCG_BASE, "PMCG");
  if (!rc)
    rc = add_cpus(names, cfg);
  return rc ? rc : add_actors(names, cfg);
}

int recording_open(struct smt_writer **out, struct machine_sink *sink, const char *folder,
                   const struct machine_config *cfg, struct trace_error *err)
{
  char *yaml = machine_config_yaml(cfg, NULL);
  struct smt_head head = { .build = machine_build_id(),
                           .config = yaml,
                           .config_len = yaml ? strlen(yaml) : 0,
                           .seed = machine_get(cfg, MACHINE_KEY_SEED) };
  char path[4096];
  int rc = yaml ? add_names(&head.names, cfg) : SMMU_ERR_NOMEM;

  *out = NULL;
  snprintf(path, sizeof(path), "%s/" SMT_FILE_NAME RUN_FILE_NEW, folder);
  if (rc)
    trace_fail(err, rc, "%s: %s", path, smmu_err_text(rc));
  else
    rc = smt_writer_create(out, path, &head, err);
  *sink = (struct machine_sink){ *out, smt_writer_record, NULL };
  smt_names_free(&head.names);
  free(yaml);
  return rc;
}
