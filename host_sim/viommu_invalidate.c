/* HWPT_INVALIDATE: a guest's invalidation commands, made harmless and sent on the SMMU's own queue.
 *
 * Everything is copied first; then pieces of at most 63 commands are converted and issued, each with
 * a CMD_SYNC that is waited for. The VMID is the VM's whatever the guest wrote; StreamIDs go through
 * the vDEVICEs; no other command passes. Linux: arm-smmu-v3-iommufd.c (behaviour), but for what would
 * stop the host's queue, or invalidate nobody knows what: that does not pass here. */
#include <stdlib.h>
#include <string.h>

#include "arch/cmd.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "host_sim/iommufd_priv.h"

enum {
  ENTRY = sizeof(struct iommu_viommu_arm_smmuv3_invalidate),
  ENTRY_MAX = 4096,
  ENTRIES_MAX = 1 << 19,
  PIECE = DRV_BATCH - 1, /* one is for CMD_SYNC */
  ATC_SIZE_ALL = 52
};

/* ---- one command ---- */

/* A TLBI by address. What says of a range or a level makes no sense is left out where that widens the
 * invalidation, and refused where it would narrow it. IHI 0070 4.4.1.1. */
static int make_range_legal(const struct drv_features *f, uint64_t *words)
{
  static const uint8_t page_log2[4] = { 12, 12, 14, 16 };
  unsigned tg = (unsigned)FGET(CMD, TG, words), ttl = (unsigned)FGET(CMD, TTL, words);
  unsigned leaf_log2 = page_log2[tg] + (ttl ? 3 - ttl : 0) * (page_log2[tg] - 3u);
  bool ranged = FGET(CMD, NUM, words) || FGET(CMD, SCALE, words);
  bool aligned = ((FGET(CMD, ADDR, words) << 12) & ((1ULL << leaf_log2) - 1)) == 0;

  if (!GET(IDR3, RIL, f->idr[3]) && (ranged || tg || ttl))
    return -EIO;
  if (ranged && (!tg || !aligned))
    return -EIO;
  if (!tg || !aligned || (tg == 2 && ttl == 1 && !GET(IDR5, DS, f->idr[5])))
    FPUT(CMD, TTL, words, 0);
  if (!ranged && !FGET(CMD, TTL, words))
    FPUT(CMD, TG, words, 0);
  return 0;
}

/* What the SMMU refuses whoever sends it. Reserved bits are cut off. */
static int make_legal(const struct drv_features *f, uint64_t *words)
{
  unsigned opcode = (unsigned)FGET(CMD, Opcode, words);
  uint64_t mask[2];

  smmu_cmd_fields((uint8_t)opcode, mask);
  words[0] &= mask[0];
  words[1] &= mask[1];
  if (opcode == CMD_TLBI_NH_VA || opcode == CMD_TLBI_NH_VAA) {
    FPUT(TLBI_NH_VA, TTL128, words, 0);
    if (!GET(IDR5, DS, f->idr[5]))
      words[0] &= ~(1ULL << CMD_SCALE_HI);
    return make_range_legal(f, words);
  }
  if ((opcode == CMD_CFGI_CD || opcode == CMD_CFGI_CD_ALL) && FGET(CMD, SSec, words))
    return -EIO;
  if (opcode == CMD_ATC_INV && (!f->ats || FGET(ATC_INV, Size, words) > ATC_SIZE_ALL))
    return -EIO;
  return 0;
}

static int convert(const struct iommufd_viommu *viommu, struct drv_command *command)
{
  const struct iommufd_vdevice *vdevice;
  uint64_t *words = command->words;

  switch (FGET(CMD, Opcode, words)) {
  case CMD_TLBI_NSNH_ALL:
    words[0] = CMD_TLBI_NH_ALL;
    words[1] = 0;
    break;
  case CMD_TLBI_NH_ALL:
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NH_VA:
  case CMD_TLBI_NH_VAA: break;
  case CMD_ATC_INV:
  case CMD_CFGI_CD:
  case CMD_CFGI_CD_ALL:
    vdevice = iommufd_vdevice_find(viommu, FGET(CMD, SID, words));
    if (!vdevice)
      return -EIO;
    FPUT(CMD, SID, words, vdevice->device->info.sid);
    return 0;
  default: return -EIO;
  }
  FPUT(CMD, VMID, words, drv_domain_vmid(viommu->parent->domain));
  return 0;
}

/* ---- the list ---- */

static int copy_entry(const struct iommu_hwpt_invalidate *cmd, uint32_t index,
                      struct drv_command *out)
{
  unsigned char entry[ENTRY_MAX];
  size_t here = cmd->entry_len < ENTRY ? cmd->entry_len : ENTRY;

  if (iommufd_from_user(entry, &cmd->data_uptr, (size_t)index * cmd->entry_len, cmd->entry_len))
    return -EFAULT;
  for (size_t i = here; i < cmd->entry_len; i++) {
    if (entry[i])
      return -E2BIG;
  }
  memset(out, 0, sizeof *out);
  memcpy(out->words, entry, here);
  return 0;
}

static int copy_all(const struct iommu_hwpt_invalidate *cmd, struct drv_command **out)
{
  struct drv_command *list;

  if (cmd->data_type != IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 || !cmd->entry_num)
    return -EINVAL;
  list = malloc(cmd->entry_num * sizeof *list);
  if (!list)
    return -ENOMEM;
  for (uint32_t i = 0; i < cmd->entry_num; i++) {
    int err = copy_entry(cmd, i, &list[i]);

    if (err) {
      free(list);
      return err;
    }
  }
  *out = list;
  return 0;
}

/* Convert and issue; *handled is what entry_num tells, conversions or commands issued. */
static int run(struct iommufd *f, const struct iommufd_viommu *viommu, struct drv_command *list,
               uint32_t count, uint32_t *handled)
{
  bool exact = f->host->options.entry_num_issued;
  uint32_t at = 0, issued = 0;
  int err = 0;

  while (at < count) {
    err = make_legal(drv_get_features(f->drv), list[at].words);
    if (!err)
      err = convert(viommu, &list[at]);
    if (err)
      break;
    if (++at < count && at - issued < PIECE)
      continue;
    err = drv_issue_main(f->drv, &list[issued], at - issued, true);
    if (err) {
      at--;
      break;
    }
    f->counts.commands += at - issued;
    f->counts.submissions++;
    issued = at;
  }
  *handled = exact ? issued : at;
  return err;
}

static int judge(const struct iommu_hwpt_invalidate *cmd)
{
  if (cmd->reserved)
    return -EOPNOTSUPP;
  if (cmd->entry_num && (!cmd->data_uptr.ptr || !cmd->entry_len))
    return -EINVAL;
  return cmd->entry_len > ENTRY_MAX || cmd->entry_num > ENTRIES_MAX ? -EINVAL : 0;
}

int iommufd_hwpt_invalidate(struct iommufd *f, struct iommu_hwpt_invalidate *cmd)
{
  void *whole = iommufd_object_get(f, cmd->hwpt_id, IOMMUFD_OBJECT_ANY);
  struct iommufd_object *object = whole;
  struct drv_command *list = NULL;
  uint32_t count = cmd->entry_num;
  int err = judge(cmd);

  if (!err && !object)
    err = -ENOENT;
  if (!err && object->type != IOMMUFD_OBJECT_VIOMMU)
    err = object->type == IOMMUFD_OBJECT_NESTED ? -EOPNOTSUPP : -EINVAL;
  if (!err)
    err = copy_all(cmd, &list);
  cmd->entry_num = 0;
  if (err)
    return err;
  object->users++; /* nobody destroys it meanwhile */
  iommufd_unlock(f);
  plat_charge(f->plat, PLAT_COST_IOCTL_COMMAND, count);
  err = run(f, whole, list, count, &cmd->entry_num);
  free(list);
  iommufd_lock(f);
  object->users--;
  return err;
}
