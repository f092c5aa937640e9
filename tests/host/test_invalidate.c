/* HWPT_INVALIDATE: errors and their order, what each command becomes, how they are sent, and what
 * entry_num says (specification of iommufd, section 6). */
#include "kit.h"

#include <string.h>

#include "arch/structs.h"

enum { MANY = 200 };

struct row {
  const char *why;
  uint32_t reserved, data_type, entry_len, entry_num;
  enum { VIOMMU, NESTED, PARENT, DEV, NOTHING } on;
  size_t bytes; /* of the buffer; 0: null */
  int err;
};

static const struct row rows[] = {
  { "one", 0, 1, 16, 1, VIOMMU, 16, 0 },
  { "reserved", 1, 9, 0, 1, NOTHING, 0, -EOPNOTSUPP },
  { "null pointer", 0, 9, 16, 1, NOTHING, 0, -EINVAL },
  { "entry_len 0", 0, 9, 0, 1, NOTHING, 16, -EINVAL },
  { "entry_len above a page", 0, 1, 4097, 1, VIOMMU, 8192, -EINVAL },
  { "too many entries", 0, 1, 16, (1 << 19) + 1, VIOMMU, 16, -EINVAL },
  { "no such object", 0, 9, 16, 1, NOTHING, 16, -ENOENT },
  { "a nested HWPT", 0, 9, 16, 1, NESTED, 16, -EOPNOTSUPP },
  { "a paging HWPT", 0, 9, 16, 1, PARENT, 16, -EINVAL },
  { "a device", 0, 9, 16, 1, DEV, 16, -EINVAL },
  { "data_type", 0, 0, 16, 1, VIOMMU, 16, -EINVAL },
  { "no entries", 0, 1, 16, 0, VIOMMU, 0, -EINVAL },
  { "buffer too short", 0, 1, 16, 2, VIOMMU, 31, -EFAULT },
  { "long entries, zero tails", 0, 1, 24, 2, VIOMMU, 48, 0 },
  { "short entries", 0, 1, 8, 2, VIOMMU, 16, 0 },
};

HOST_TEST(Invalidate, ErrorsAndTheirOrder)
{
  unsigned char data[8192] = { CMD_TLBI_NH_ALL };
  uint32_t id[5];

  data[8] = data[16] = data[24] = CMD_TLBI_NH_ALL; /* whatever entry_len says */
  kit_vm(kit, 1);
  id[VIOMMU] = kit->viommu;
  id[NESTED] = kit_nested(kit, kit->viommu, 1, 0);
  id[PARENT] = kit->parent;
  id[DEV] = kit->dev;
  id[NOTHING] = KIT_BAD_ID;
  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct iommu_hwpt_invalidate call;
    int err;

    data[8] = row->entry_len == 8 ? CMD_TLBI_NH_ALL : 0;
    data[16] = row->entry_len == 24 ? 0 : CMD_TLBI_NH_ALL;
    call = (struct iommu_hwpt_invalidate){
      sizeof call,    id[row->on],    { row->bytes ? data : NULL, row->bytes },
      row->data_type, row->entry_len, row->entry_num,
      row->reserved
    };
    err = iommufd_ioctl(kit->f, IOMMUFD_NR_HWPT_INVALIDATE, &call);
    if (err != row->err)
      ADD_TEST_FAILURE("%s: %d, expected %d", row->why, err, row->err);
    EXPECT_EQ(call.entry_num, err ? 0 : row->entry_num);
  }
}

HOST_TEST(Invalidate, ATailThatIsNotZeroIsE2big)
{
  uint64_t data[3] = { CMD_TLBI_NH_ALL, 0, 1 };
  struct iommu_hwpt_invalidate call = { sizeof call, 0, { data, sizeof data }, 1, 24, 1, 0 };

  kit_vm(kit, 1);
  call.hwpt_id = kit->viommu;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_HWPT_INVALIDATE, &call), -E2BIG);
  EXPECT_EQ(call.entry_num, 0u);
}

/* ---- what becomes of a command ---- */

#define VMID(vmid) ((uint64_t)(vmid) << 32)
#define SID(sid)   ((uint64_t)(sid) << 32)

static unsigned vmid_of(struct kit *kit)
{
  uint64_t command[1][2] = { { CMD_TLBI_NH_ALL, 0 } };
  uint32_t num = 1;

  kit_watch(kit);
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])command, &num), 0);
  return kit->command[0].words[0] >> 32 & 0xffff;
}

HOST_TEST(Invalidate, TheVmidIsTheVmsAndNamesAreTheHosts)
{
  const uint64_t sent[][2] = {
    { CMD_TLBI_NSNH_ALL | VMID(7), 0x1234 },
    { CMD_TLBI_NH_ALL | VMID(7), 0 },
    { CMD_TLBI_NH_ASID | VMID(7) | 9ull << 48, 0 },
    { CMD_TLBI_NH_VA | 3 << 12 | 1 << 20 | VMID(7) | 9ull << 48, 0x5000 | 1 | 1 << 10 },
    { CMD_TLBI_NH_VAA | VMID(7), 0x6000 },
    { CMD_CFGI_CD | 4 << 12 | SID(KIT_VSID), 1 },
    { CMD_CFGI_CD_ALL | SID(KIT_VSID), 0 },
  };
  enum { SENT = sizeof sent / sizeof sent[0] };
  uint64_t want[SENT][2];
  uint32_t num = SENT;
  uint64_t vmid;

  kit_vm(kit, 1);
  vmid = VMID(vmid_of(kit));
  EXPECT_NE(vmid, VMID(0));
  EXPECT_NE(vmid, VMID(7));
  memcpy(want, sent, sizeof want);
  want[0][0] = CMD_TLBI_NH_ALL | vmid;
  want[0][1] = 0;
  for (unsigned i = 1; i < 5; i++)
    want[i][0] = (sent[i][0] & ~VMID(0xffff)) | vmid;
  for (unsigned i = 5; i < SENT; i++)
    want[i][0] = (sent[i][0] & 0xffffffff) | SID(KIT_SID);
  kit_watch(kit);
  EXPECT_EQ(kit_invalidate(kit, sent, &num), 0);
  EXPECT_EQ(num, (uint32_t)SENT);
  EXPECT_EQ(kit->commands, SENT + 1u);
  for (unsigned i = 0; i < SENT; i++) {
    EXPECT_FALSE(kit->command[i].illegal);
    EXPECT_EQ(kit->command[i].words[0], want[i][0]);
    EXPECT_EQ(kit->command[i].words[1], want[i][1]);
    EXPECT_EQ(kit->command[i].queue, 0u);
  }
}

/* All 256 opcodes: seven pass, the others do not reach the device; ATC_INV needs ATS. */
HOST_TEST(Invalidate, NoOtherCommandPasses)
{
  static const unsigned passes[] = { 0x30, 0x10, 0x11, 0x12, 0x13, 0x05, 0x06 };

  kit_vm(kit, 1);
  kit_watch(kit);
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const uint64_t sent[1][2] = { { opcode | SID(KIT_VSID), 0 } };
    uint32_t num = 1;
    bool pass = false;
    int err;

    for (unsigned i = 0; i < sizeof passes / sizeof passes[0]; i++)
      pass |= passes[i] == opcode;
    kit->commands = 0;
    err = kit_invalidate(kit, sent, &num);
    if (err != (pass ? 0 : -EIO) || num != pass || (kit->commands != 0) != pass)
      ADD_TEST_FAILURE("opcode 0x%02x: %d, entry_num %u, %u commands", opcode, err, num,
                       kit->commands);
  }
}

/* What would stop the host's queue, or invalidate less than was meant. */
HOST_TEST(Invalidate, WhatTheSmmuWouldRefuseDoesNotPass)
{
  const uint64_t refused[][2] = {
    { CMD_TLBI_NH_VA | 3 << 12, 0x5000 },                    /* a range without a granule */
    { CMD_TLBI_NH_VA | 3 << 12, 0x5000 | 1 << 10 | 2 << 8 }, /* of blocks, and not aligned */
    { CMD_CFGI_CD | 1 << 10 | SID(KIT_VSID), 0 },            /* SSec */
    { CMD_ATC_INV | SID(KIT_VSID), 53 },
  };

  kit_vm(kit, 1);
  kit_watch(kit);
  for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    uint32_t num = 1;

    EXPECT_EQ(kit_invalidate(kit, &refused[i], &num), -EIO);
    EXPECT_EQ(num, 0u);
  }
  EXPECT_EQ(kit->commands, 0u);
}

HOST_TEST(Invalidate, WhatMeansNothingIsLeftOut)
{
  const uint64_t sent[][2] = {
    { CMD_TLBI_NH_ASID | 9ull << 48 | 0xff00, ~0ull }, /* reserved bits */
    { CMD_TLBI_NH_VA | 9ull << 48, 0x5000 | 1 << 10 }, /* a granule, neither range nor level */
    { CMD_TLBI_NH_VA | 9ull << 48,
      0x5000 | 1 << 10 | 2 << 8 },                    /* a level that has no such address */
    { CMD_TLBI_NH_VA | 9ull << 48, 0x5000 | 3 << 8 }, /* a level without a granule */
  };
  enum { SENT = sizeof sent / sizeof sent[0] };
  uint32_t num = SENT;

  kit_vm(kit, 1);
  kit_watch(kit);
  EXPECT_EQ(kit_invalidate(kit, sent, &num), 0);
  EXPECT_EQ(kit->commands, SENT + 1u);
  for (unsigned i = 0; i < SENT; i++) {
    EXPECT_EQ(kit->command[i].words[0] & ~VMID(0xffff), (sent[i][0] & 0xff) | 9ull << 48);
    EXPECT_EQ(kit->command[i].words[1], i ? 0x5000 : 0);
  }
}

HOST_TEST(Invalidate, AnUnknownStreamIsEio)
{
  const uint64_t sent[1][2] = { { CMD_CFGI_CD_ALL | SID(KIT_SID), 0 } };
  uint32_t num = 1;

  kit_vm(kit, 1);
  EXPECT_EQ(kit_invalidate(kit, sent, &num), -EIO);
  EXPECT_EQ(num, 0u);
}

/* ---- how they are sent ---- */

static void fill(uint64_t (*words)[2], unsigned n)
{
  for (unsigned i = 0; i < n; i++) {
    words[i][0] = CMD_TLBI_NH_VA | 9ull << 48;
    words[i][1] = i << 12;
  }
}

HOST_TEST(Invalidate, PiecesOf63EachWithOneSync)
{
  static const struct {
    uint32_t n;
    unsigned syncs;
  } cases[] = { { 1, 1 }, { 62, 1 }, { 63, 1 }, { 64, 2 }, { 126, 2 }, { 127, 3 }, { 200, 4 } };
  uint64_t words[MANY][2];

  fill(words, MANY);
  kit_vm(kit, 1);
  kit_watch(kit);
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint32_t num = cases[i].n;
    struct iommufd_counts before, after;
    uint64_t charged = kit->charged[PLAT_COST_IOCTL_COMMAND];

    iommufd_get_counts(kit->f, &before);
    kit->commands = 0;
    EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])words, &num), 0);
    EXPECT_EQ(num, cases[i].n);
    EXPECT_EQ(kit_count(kit, CMD_SYNC), cases[i].syncs);
    EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_VA), cases[i].n);
    for (unsigned k = 0; k < kit->commands; k++) {
      bool sync = (kit->command[k].words[0] & 0xff) == CMD_SYNC;

      EXPECT_EQ(kit->command[k].queue, 0u);
      EXPECT_EQ(sync, k % 64 == 63 || k == kit->commands - 1);
    }
    iommufd_get_counts(kit->f, &after);
    EXPECT_EQ(after.commands - before.commands, cases[i].n);
    EXPECT_EQ(after.submissions - before.submissions, cases[i].syncs);
    EXPECT_EQ(kit->charged[PLAT_COST_IOCTL_COMMAND] - charged, cases[i].n);
  }
}

/* A bad command at `bad`: whole pieces before it were issued, the rest was converted alone. */
static void bad_command(struct kit *kit, uint32_t bad, uint32_t issued, uint32_t told)
{
  uint64_t words[MANY][2];
  uint32_t num = MANY;

  fill(words, MANY);
  words[bad][0] = CMD_SYNC;
  kit->commands = 0;
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])words, &num), -EIO);
  EXPECT_EQ(num, told);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_VA), issued);
}

HOST_TEST(Invalidate, EntryNumIsTheIndexOfTheBadCommandIssuedOrNot)
{
  kit_vm(kit, 1);
  kit_watch(kit);
  bad_command(kit, 0, 0, 0);
  bad_command(kit, 10, 0, 10);
  bad_command(kit, 62, 0, 62);
  bad_command(kit, 63, 63, 63);
  bad_command(kit, 125, 63, 125);
}

static void exact(struct kit *kit)
{
  kit_vm(kit, 1);
  kit_watch(kit);
  bad_command(kit, 10, 0, 0);
  bad_command(kit, 63, 63, 63);
  bad_command(kit, 125, 63, 63);
}

TEST_CASE(Invalidate, EntryNumCanBeWhatWasIssued)
{
  static struct kit kit;

  kit_defaults(&kit, exact);
  kit.options.entry_num_issued = true;
  kit_run(&kit);
}

/* CR0.CMDQEN, bit 3 at 0x20, taken away behind the driver's back: nothing is consumed any more. */
static void switch_queue(struct kit *kit, bool on)
{
  uint64_t cr0 = plat_mmio_read(&kit->plat, PLAT_SMMU_BASE + 0x20, 4);

  plat_mmio_write(&kit->plat, PLAT_SMMU_BASE + 0x20, on ? cr0 | 8 : cr0 & ~8ull, 4);
}

HOST_TEST(Invalidate, ADeviceThatDoesNotAnswerIsEtimedout)
{
  uint64_t words[MANY][2];
  uint32_t num = 100;
  struct iommufd_counts counts;

  kit->checked.finding = kit_excuse;
  fill(words, MANY);
  kit_vm(kit, 1);
  switch_queue(kit, false);
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])words, &num), -ETIMEDOUT);
  EXPECT_EQ(num, 62u); /* one less than was converted */
  iommufd_get_counts(kit->f, &counts);
  EXPECT_EQ(counts.commands, 0u);
  EXPECT_TRUE(kit->logs > 0);
  switch_queue(kit, true);
  num = 1;
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])words, &num), 0);
}

/* ---- beside others ---- */

#define US 1000000ull

static void destroyer(void *arg)
{
  struct kit *kit = arg;

  for (unsigned turns = 100000; !kit_count(kit, CMD_TLBI_NH_VA) && turns; turns--)
    plat_relax(&kit->plat);
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), -EBUSY);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 0u); /* the invalidation still runs */
}

static void while_invalidating(struct kit *kit)
{
  uint64_t words[63][2];
  uint32_t num = 63;

  fill(words, 63);
  kit_vm(kit, 1);
  kit_watch(kit);
  EXPECT_EQ(plat_cpu_start(kit->board, 1, destroyer, kit), 0);
  EXPECT_EQ(kit_invalidate(kit, (const uint64_t(*)[2])words, &num), 0);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), 0);
}

TEST_CASE(Invalidate, OtherCallsGoOnAndTheViommuStays)
{
  static struct kit kit;

  kit_defaults(&kit, while_invalidating);
  kit.timed = true;
  kit.command_ps = 10 * US;
  kit_run(&kit);
}
