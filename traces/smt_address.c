/* Names of registers for addresses in a recording. */
#include <inttypes.h>
#include <string.h>

#include "arch/cmdqv.h"
#include "arch/ecmdq.h"
#include "arch/regs.h"
#include "traces/smt.h"

enum { VINTFS_MOST = 64 };

enum { ECMDQ_MOST = 256 };

/* The sets of queues are at least 256 bytes apart, whatever IDR6 says. */
static const char *ecmdq_register(uint64_t offset)
{
  bool page = offset >= ECMDQ_PAGE_SETS && offset < ecmdq_page_set(ECMDQ_MOST);
  uint32_t at = (uint32_t)(offset % (page ? ECMDQ_PAGE_SET : SMMU_ECMDQ_PAGE / ECMDQ_MOST));
  int reg = smmu_ecmdq_by_offset(page ? ECMDQ_BLOCK_PAGE : ECMDQ_BLOCK_QUEUE, at);
  bool there = page || (offset >= SMMU_ECMDQ_PAGES && offset < ecmdq_set(ECMDQ_MOST, 0));

  return reg < 0 || !there ? NULL : smmu_ecmdq_rows[reg].name;
}

static const char *smmu_register(uint64_t offset)
{
  int reg = smmu_reg_by_offset(offset);

  return reg < 0 ? ecmdq_register(offset) : smmu_reg_rows[reg].name;
}

/* Queue slots are as far apart in both pages and in both kinds of windows. */
static const char *cmdqv_register(uint64_t offset)
{
  bool first = offset < SMMU_CMDQV_PAGE, vintf = first && offset >= CMDQV_VINTF_BLOCKS;
  enum smmu_cmdqv_block block = vintf                          ? CMDQV_BLOCK_VINTF
                                : first                        ? CMDQV_BLOCK_CONFIG
                                : offset / SMMU_CMDQV_PAGE % 2 ? CMDQV_BLOCK_PAGE0
                                                               : CMDQV_BLOCK_PAGE1;
  uint64_t at = vintf   ? (offset - CMDQV_VINTF_BLOCKS) % CMDQV_VINTF_BLOCK
                : first ? offset
                        : offset % SMMU_CMDQV_PAGE % SMMU_CMDQV_SLOT;
  unsigned index;
  int reg;

  if (offset >= cmdqv_lvcmdq_page0(VINTFS_MOST, 0) || (vintf && offset >= cmdqv_vintf(VINTFS_MOST)))
    return NULL;
  reg = smmu_cmdqv_by_offset(block, (uint32_t)at, &index);
  return reg < 0 ? NULL : smmu_cmdqv_rows[reg].name;
}

const char *smt_register_name(bool cmdqv, uint64_t offset)
{
  return cmdqv ? cmdqv_register(offset) : smmu_register(offset);
}

void smt_address_name(const struct smt_names *names, uint64_t address, char *text, size_t len)
{
  const struct smt_name *window = NULL;
  const char *name = NULL;

  for (size_t i = 0; i < names->count; i++)
    if (names->name[i].kind == SMT_WINDOW && names->name[i].number <= address)
      window = &names->name[i];
  if (window)
    name = smt_register_name(strcmp(window->text, "CMDQV") == 0, address - window->number);
  if (name)
    snprintf(text, len, "%s", name);
  else
    snprintf(text, len, "0x%" PRIx64, address);
}
