/* The host: its SMMU driver, and whose events are whose. A fault of a stream goes to the VM whose
 * guest translates it; what is the host's own business stays with the host, and so does what no queue
 * wants. Linux: arm-smmu-v3.c, tegra241-cmdqv.c (behaviour). */
#include <stdio.h>
#include <stdlib.h>

#include "arch/event.h"
#include "arch/structs.h"
#include "host_sim/iommufd_priv.h"
#include "util/check.h"

/* ---- events ---- */

/* Faults that a guest can have caused and can understand. */
static bool is_for_guests(const struct smmu_event *event)
{
  switch (event->type) {
  case EVENT_C_BAD_STE:
  case EVENT_F_STREAM_DISABLED:
  case EVENT_C_BAD_SUBSTREAMID:
  case EVENT_C_BAD_CD:
  case EVENT_F_TRANSLATION:
  case EVENT_F_ADDR_SIZE:
  case EVENT_F_ACCESS:
  case EVENT_F_PERMISSION: return !event->s2 && !event->stall;
  default: return false;
  }
}

static bool give_to_guest(struct iommufd_host *host, const uint64_t words[4])
{
  const struct iommufd_bound *device;
  struct iommu_vevent_arm_smmuv3 data;
  struct smmu_event event;

  if (!smmu_event_decode(words, &event) || !is_for_guests(&event))
    return false;
  device = host->bound;
  while (device && device->info.sid != event.sid)
    device = device->next;
  if (!device || !device->events_to)
    return false;
  for (unsigned i = 0; i < 4; i++)
    data.evt[i] = words[i];
  FPUT(EVENT, SID, data.evt, device->events_vsid);
  return iommufd_veventq_report(device->events_to, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, &data) !=
         -EOPNOTSUPP;
}

static void on_event(void *arg, const uint64_t words[4])
{
  struct iommufd_host *host = arg;
  char line[SMMU_EVENT_TEXT_MAX];

  plat_take(host->plat, &host->line);
  if (give_to_guest(host, words))
    return;
  if (host->options.driver.event) {
    host->options.driver.event(host->options.driver.arg, words);
    return;
  }
  smmu_event_print(words, line, sizeof line);
  plat_log(host->plat, line);
}

static void on_vintf_error(void *arg, unsigned vintf, const uint64_t map[2])
{
  struct iommufd_host *host = arg;
  const struct iommu_vevent_tegra241_cmdqv data = { { map[0], map[1] } };
  struct iommufd_viommu *viommu;
  char line[64];

  plat_take(host->plat, &host->line);
  viommu = host->vintf_viommus;
  while (viommu && drv_vintf_index(viommu->vintf) != vintf)
    viommu = viommu->next;
  if (viommu &&
      iommufd_veventq_report(viommu, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV, &data) != -EOPNOTSUPP)
    return;
  if (host->options.driver.vintf_error) {
    host->options.driver.vintf_error(host->options.driver.arg, vintf, map);
    return;
  }
  snprintf(line, sizeof line, "CMDQV error of VINTF %u", vintf);
  plat_log(host->plat, line);
}

/* ---- life ---- */

int iommufd_host_create(struct iommufd_host **out, const struct plat *plat,
                        const struct iommufd_host_options *options)
{
  struct iommufd_host *host = calloc(1, sizeof *host);
  struct drv_options driver = options->driver;
  int err;

  if (!host)
    return -ENOMEM;
  host->plat = plat;
  host->options = *options;
  driver.event = on_event;
  driver.vintf_error = on_vintf_error;
  driver.arg = host;
  err = drv_probe(&host->drv, plat, &driver);
  if (err) {
    free(host);
    return err;
  }
  *out = host;
  return 0;
}

void iommufd_host_destroy(struct iommufd_host *host)
{
  CHECK(!host->files && !host->bound && !host->vintf_viommus);
  drv_remove(host->drv);
  free(host);
}

struct drv *iommufd_host_drv(const struct iommufd_host *host)
{
  return host->drv;
}

const struct plat *iommufd_host_plat(const struct iommufd_host *host)
{
  return host->plat;
}
