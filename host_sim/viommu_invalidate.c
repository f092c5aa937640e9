/* HWPT_INVALIDATE: a guest's invalidation commands, made harmless and sent on the SMMU's own queue.
 *
 * Everything is copied first; then pieces of at most 63 commands are converted and issued, each with
 * a CMD_SYNC that is waited for. The VMID is the VM's whatever the guest wrote; StreamIDs go through
 * the vDEVICEs; no other command passes. Linux: arm-smmu-v3-iommufd.c (behaviour). */
#include <stdlib.h>
#include <string.h>

#include "arch/structs.h"
#include "host_sim/iommufd_priv.h"

enum {
  ENTRY = sizeof(struct iommu_viommu_arm_smmuv3_invalidate),
  ENTRY_MAX = 4096,
  ENTRIES_MAX = 1 << 19,
  PIECE = DRV_BATCH - 1 /* one is for CMD_SYNC */
};

/* ---- one command ---- */

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
