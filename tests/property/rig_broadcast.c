/* Commands as the broadcasts of CPUs: opcodes of IHI 0070 4.4 with the TLBI instructions that remove
 * as much (3.17.5), or more where a range has no equal. */
#include <string.h>

#include "rig_device.h"
#include "smmu/dvm.h"

struct pair {
  uint8_t opcode, kind, leaf_kind;
  bool by_address;
};

static const struct pair pairs[] = {
  { 0x10, SMMU_DVM_VMALLE1, SMMU_DVM_VMALLE1, false },
  { 0x11, SMMU_DVM_ASIDE1, SMMU_DVM_ASIDE1, false },
  { 0x12, SMMU_DVM_VAE1, SMMU_DVM_VALE1, true },
  { 0x13, SMMU_DVM_VAAE1, SMMU_DVM_VAALE1, true },
  { 0x20, SMMU_DVM_ALLE2, SMMU_DVM_ALLE2, false },
  { 0x28, SMMU_DVM_VMALLS12E1, SMMU_DVM_VMALLS12E1, false },
  { 0x2a, SMMU_DVM_IPAS2E1, SMMU_DVM_IPAS2LE1, true },
  { 0x30, SMMU_DVM_ALLE1, SMMU_DVM_ALLE1, false },
};

static const struct pair *find(uint64_t opcode)
{
  unsigned i;

  for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
    if (pairs[i].opcode == opcode)
      return &pairs[i];
  return NULL;
}

/* 2^scale granules become 2^(5 SCALE + 1). False when that is too few even with SCALE = 3. */
static bool set_range(struct smmu_dvm *op, const uint64_t cmd[2])
{
  unsigned scale = cmd[0] >> 20 & 31;

  op->tg = cmd[1] >> 10 & 3;
  op->num = cmd[0] >> 12 & 31;
  op->scale = (uint8_t)(scale <= 1 ? 0 : (scale + 3) / 5);
  return scale <= 16;
}

static bool send(struct rig_device *rig, const struct smmu_dvm *op)
{
  return smmu_dvm_submit(engine_now_device(rig->engine), op, NULL) == 0 &&
         engine_now_run(rig->engine, 0) == 0;
}

bool rig_broadcast(struct rig_device *rig, const uint64_t (*cmd)[2], unsigned n)
{
  const struct smmu_dvm sync = { .kind = SMMU_DVM_SYNC };
  unsigned i;

  for (i = 0; i < n; i++) {
    const struct pair *p = find(cmd[i][0] & 0xff);
    struct smmu_dvm op = { .vmid = (uint16_t)(cmd[i][0] >> 32),
                           .asid = (uint16_t)(cmd[i][0] >> 48) };

    op.addr = cmd[i][1] & ~0xfffull;
    if (p)
      op.kind = cmd[i][1] & 1 ? p->leaf_kind : p->kind;
    if (p && p->by_address && (cmd[i][1] >> 10 & 3) != 0 && !set_range(&op, cmd[i])) {
      op = (struct smmu_dvm){ .vmid = op.vmid };
      op.kind = p->kind == SMMU_DVM_IPAS2E1 ? SMMU_DVM_VMALLS12E1 : SMMU_DVM_VMALLE1;
    }
    if (p ? !send(rig, &op) : !rig_commands(rig, &cmd[i], 1))
      return false;
  }
  return send(rig, &sync) && rig_commands(rig, cmd, 0);
}
