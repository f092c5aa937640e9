/* The file of a vEVENTQ: read, poll, close. Linux: eventq.c of iommufd (behaviour). */
#include "host_sim/veventq.h"

#include <stdlib.h>

/* The place of a descriptor, open or not. */
static struct iommufd_event_file *file_of(const struct iommufd *f, uint32_t fd)
{
  return fd >= IOMMUFD_FIRST_FD && fd - IOMMUFD_FIRST_FD < f->fd_room ? f->fd[fd - IOMMUFD_FIRST_FD]
                                                                      : NULL;
}

static struct iommufd_veventq *queue_of(const struct iommufd *f, uint32_t fd)
{
  const struct iommufd_event_file *file = file_of(f, fd);

  return file ? file->queue : NULL;
}

static size_t bytes_of(const struct iommufd_veventq *q, const struct iommufd_vevent *event)
{
  return sizeof event->header + (event == &q->lost ? 0 : iommufd_vevent_bytes(q->type));
}

static void take_head(struct iommufd_veventq *q)
{
  struct iommufd_vevent *event = q->head;

  q->head = event->next;
  if (!q->head)
    q->tail = NULL;
  if (event == &q->lost)
    return;
  q->events--;
  free(event);
}

/* A header that was copied counts although its data cannot be; the record then stays. */
static long read_records(struct iommufd_veventq *q, const struct iommufd_user *buffer, size_t bytes)
{
  size_t done = 0;
  int err = 0;

  while (!err && q->head && bytes_of(q, q->head) <= bytes - done) {
    const struct iommufd_vevent *event = q->head;
    size_t data = bytes_of(q, event) - sizeof event->header;

    err = iommufd_to_user(buffer, done, &event->header, sizeof event->header);
    if (err)
      break;
    done += sizeof event->header;
    err = iommufd_to_user(buffer, done, event->data, data);
    if (err)
      break;
    done += data;
    take_head(q);
  }
  return done ? (long)done : err;
}

long iommufd_veventq_read(struct iommufd *f, uint32_t fd, struct iommufd_user buffer, size_t bytes,
                          const uint64_t *pos)
{
  struct iommufd_veventq *q;

  plat_charge(f->plat, PLAT_COST_IOCTL, 1);
  f->counts.reads++;
  plat_take(f->plat, &f->host->line); /* nobody else runs from here on */
  q = queue_of(f, fd);
  if (!q)
    return -EBADF;
  return *pos ? -ESPIPE : read_records(q, &buffer, bytes);
}

long iommufd_veventq_write(struct iommufd *f, uint32_t fd, const void *buffer, size_t bytes)
{
  (void)buffer;
  (void)bytes;
  plat_charge(f->plat, PLAT_COST_IOCTL, 1);
  return queue_of(f, fd) ? -EINVAL : -EBADF;
}

bool iommufd_veventq_poll(struct iommufd *f, uint32_t fd)
{
  struct iommufd_veventq *q = queue_of(f, fd);

  return q && q->head;
}

struct plat_line *iommufd_veventq_line(struct iommufd *f, uint32_t fd)
{
  struct iommufd_veventq *q = queue_of(f, fd);

  return q ? &q->file->line : NULL;
}

int iommufd_veventq_set_ready(struct iommufd *f, uint32_t fd, void (*ready)(void *arg), void *arg)
{
  struct iommufd_veventq *q = queue_of(f, fd);

  if (!q)
    return -EBADF;
  q->ready = ready;
  q->ready_arg = arg;
  return 0;
}

/* Who sleeps for a record finds that the file is gone. */
int iommufd_veventq_close(struct iommufd *f, uint32_t fd)
{
  struct iommufd_event_file *file = file_of(f, fd);

  if (!file)
    return -EBADF;
  plat_take(f->plat, &file->line);
  if (!file->queue)
    return -EBADF;
  file->queue->ready = NULL;
  file->queue->object.users--;
  file->queue = NULL;
  plat_wrote(f->plat, &file->line);
  return 0;
}
