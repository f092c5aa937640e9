/* vEVENTQ: events of a VM, kept until its VMM reads them. When the queue is full one record at its
 * tail tells that events were lost; it is no event itself and goes when the next event is stored
 * behind it unread. Linux: eventq.c and driver.c of iommufd (behaviour). */
#include "host_sim/veventq.h"

#include <stdlib.h>
#include <string.h>

size_t iommufd_vevent_bytes(unsigned type)
{
  return type == IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 ? sizeof(struct iommu_vevent_arm_smmuv3)
                                               : sizeof(struct iommu_vevent_tegra241_cmdqv);
}

/* ---- storing ---- */

static void append(struct iommufd_veventq *q, struct iommufd_vevent *event)
{
  event->next = NULL;
  if (q->tail)
    q->tail->next = event;
  else
    q->head = event;
  q->tail = event;
}

/* Take the marker from the tail, where alone it can be. */
static void remove_marker(struct iommufd_veventq *q)
{
  struct iommufd_vevent *before = NULL;

  if (q->tail != &q->lost)
    return;
  for (struct iommufd_vevent *e = q->head; e != &q->lost; e = e->next)
    before = e;
  if (before)
    before->next = NULL;
  else
    q->head = NULL;
  q->tail = before;
}

static int store(struct iommufd_viommu *viommu, struct iommufd_veventq *q, const void *data)
{
  struct iommufd_counts *counts = &viommu->file->counts;
  bool full = q->events == q->depth;
  struct iommufd_vevent *event = full ? NULL : calloc(1, sizeof *event);

  remove_marker(q);
  if (!event) {
    q->lost.header.flags = IOMMU_VEVENTQ_FLAG_LOST_EVENTS;
    event = &q->lost;
    counts->lost++;
  } else {
    memcpy(event->data, data, iommufd_vevent_bytes(q->type));
    q->events++;
    counts->events++;
  }
  event->header.sequence = q->sequence;
  q->sequence = q->sequence == INT32_MAX ? 0 : q->sequence + 1;
  append(q, event);
  return event == &q->lost && !full ? -ENOMEM : 0;
}

static struct iommufd_veventq *find(const struct iommufd_viommu *viommu, uint32_t type)
{
  struct iommufd_veventq *q = viommu->veventqs;

  while (q && q->type != type)
    q = q->next;
  return q;
}

int iommufd_veventq_report(struct iommufd_viommu *viommu, unsigned type, const void *data)
{
  struct iommufd_host *host = viommu->file->host;
  struct iommufd_veventq *q = find(viommu, type);
  int err;

  if (!q)
    return -EOPNOTSUPP;
  err = store(viommu, q, data);
  q->reporting++;
  if (q->ready)
    q->ready(q->ready_arg);
  plat_wrote(host->plat, &q->file->line);
  q->reporting--;
  plat_wrote(host->plat, &host->line);
  return err;
}

/* ---- life ---- */

/* The lowest free descriptor; its place may be there from an earlier file. */
static int take_fd(struct iommufd *f, struct iommufd_veventq *q, uint32_t *fd)
{
  unsigned i = 0;

  while (i < f->fd_room && f->fd[i] && f->fd[i]->queue)
    i++;
  if (iommufd_grow(&f->fd, &f->fd_room, i + 1, sizeof(struct iommufd_event_file *)) != 0)
    return -ENOMEM;
  if (!f->fd[i])
    f->fd[i] = calloc(1, sizeof *f->fd[i]);
  if (!f->fd[i])
    return -ENOMEM;
  f->fd[i]->queue = q;
  q->file = f->fd[i];
  *fd = IOMMUFD_FIRST_FD + i;
  return 0;
}

int iommufd_veventq_alloc(struct iommufd *f, struct iommu_veventq_alloc *cmd)
{
  struct iommufd_viommu *viommu;
  struct iommufd_veventq *q;

  if (cmd->flags || cmd->reserved || cmd->type == IOMMU_VEVENTQ_TYPE_DEFAULT)
    return -EOPNOTSUPP;
  if (!cmd->veventq_depth)
    return -EINVAL;
  viommu = iommufd_object_get(f, cmd->viommu_id, IOMMUFD_OBJECT_VIOMMU);
  if (!viommu)
    return -ENOENT;
  if (find(viommu, cmd->type))
    return -EEXIST;
  q = iommufd_object_new(f, IOMMUFD_OBJECT_VEVENTQ, sizeof *q);
  if (!q)
    return -ENOMEM;
  if (take_fd(f, q, &cmd->out_veventq_fd) != 0) {
    iommufd_object_drop(f, &q->object);
    return -ENOMEM;
  }
  q->viommu = viommu;
  q->type = cmd->type;
  q->depth = cmd->veventq_depth;
  q->object.users++; /* the open file */
  q->next = viommu->veventqs;
  viommu->veventqs = q;
  viommu->object.users++;
  cmd->out_veventq_id = q->object.id;
  return 0;
}

void iommufd_veventq_destroy(struct iommufd *f, struct iommufd_veventq *q)
{
  struct iommufd_host *host = f->host;
  struct iommufd_veventq **link = &q->viommu->veventqs;

  while (*link != q)
    link = &(*link)->next;
  *link = q->next;
  while (q->reporting) {
    plat_wait(host->plat, &host->line);
    plat_take(host->plat, &host->line);
  }
  while (q->head) {
    struct iommufd_vevent *event = q->head;

    q->head = event->next;
    if (event != &q->lost)
      free(event);
  }
  q->viommu->object.users--;
}
