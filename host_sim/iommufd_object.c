/* The lock of a file, its table of objects, who may destroy what, and the end of a file.
 *
 * IDs are the lowest free ones from 1 on, as Linux gives them out. An object is destroyed only while
 * nobody but the table refers to it; closing a file destroys such ones until none is left. */
#include <stdlib.h>
#include <string.h>

#include "host_sim/iommufd_priv.h"
#include "util/check.h"

void iommufd_lock(struct iommufd *f)
{
  plat_take(f->plat, &f->line);
  while (f->locked) {
    plat_wait(f->plat, &f->line);
    plat_take(f->plat, &f->line);
  }
  f->locked = true;
}

void iommufd_unlock(struct iommufd *f)
{
  plat_take(f->plat, &f->line);
  CHECK(f->locked);
  f->locked = false;
  plat_wrote(f->plat, &f->line);
}

int iommufd_grow(void *array, unsigned *room, unsigned wanted, size_t bytes)
{
  unsigned more = *room ? *room : 8;
  void *old, *grown;

  if (wanted <= *room)
    return 0;
  while (more < wanted)
    more *= 2;
  memcpy(&old, array, sizeof old);
  grown = realloc(old, more * bytes);
  if (!grown)
    return -ENOMEM;
  memset((char *)grown + *room * bytes, 0, (more - *room) * bytes);
  memcpy(array, &grown, sizeof grown);
  *room = more;
  return 0;
}

/* ---- table ---- */

void *iommufd_object_new(struct iommufd *f, enum iommufd_object_type type, size_t bytes)
{
  struct iommufd_object *object;
  uint32_t id = 1;

  while (id < f->object_room && f->object[id])
    id++;
  if (iommufd_grow(&f->object, &f->object_room, id + 1, sizeof(struct iommufd_object *)) != 0)
    return NULL;
  object = calloc(1, bytes);
  if (!object)
    return NULL;
  object->id = id;
  object->type = (uint32_t)type;
  object->users = 1;
  f->object[id] = object;
  return object;
}

void *iommufd_object_get(struct iommufd *f, uint32_t id, enum iommufd_object_type type)
{
  struct iommufd_object *object = id < f->object_room ? f->object[id] : NULL;

  if (!object || object->type == IOMMUFD_OBJECT_TOMBSTONE)
    return NULL;
  return type == IOMMUFD_OBJECT_ANY || object->type == (uint32_t)type ? object : NULL;
}

void iommufd_object_drop(struct iommufd *f, struct iommufd_object *object)
{
  CHECK(f->object[object->id] == object && object->users == 1);
  f->object[object->id] = NULL;
  free(object);
}

void iommufd_object_bury(struct iommufd *f, struct iommufd_object *object)
{
  struct iommufd_object *tombstone = malloc(sizeof *tombstone);
  uint32_t id = object->id;

  iommufd_object_drop(f, object);
  if (!tombstone)
    return; /* the ID can then be given out again at once */
  *tombstone = (struct iommufd_object){ .id = id, .type = IOMMUFD_OBJECT_TOMBSTONE, .users = 1 };
  f->object[id] = tombstone;
}

/* ---- destroy ---- */

static void release(struct iommufd *f, struct iommufd_object *object)
{
  void *whole = object;

  switch (object->type) {
  case IOMMUFD_OBJECT_DEVICE: iommufd_device_destroy(f, whole); break;
  case IOMMUFD_OBJECT_IOAS: iommufd_ioas_destroy(f, whole); break;
  case IOMMUFD_OBJECT_PAGING:
  case IOMMUFD_OBJECT_NESTED: iommufd_hwpt_destroy(f, whole); break;
  case IOMMUFD_OBJECT_VIOMMU: iommufd_viommu_destroy(f, whole); break;
  case IOMMUFD_OBJECT_VDEVICE: iommufd_vdevice_destroy(f, whole); break;
  case IOMMUFD_OBJECT_VEVENTQ: iommufd_veventq_destroy(f, whole); break;
  case IOMMUFD_OBJECT_HW_QUEUE: iommufd_hw_queue_destroy(f, whole); break;
  default: break;
  }
  iommufd_object_drop(f, object);
}

int iommufd_object_destroy(struct iommufd *f, struct iommufd_object *object)
{
  if (object->users > 1)
    return -EBUSY;
  release(f, object);
  return 0;
}

unsigned iommufd_objects(const struct iommufd *f)
{
  unsigned n = 0;

  for (unsigned id = 1; id < f->object_room; id++)
    n += f->object[id] && f->object[id]->type != IOMMUFD_OBJECT_TOMBSTONE;
  return n;
}

/* ---- a file ---- */

int iommufd_open(struct iommufd_host *host, struct iommufd **out)
{
  struct iommufd *f = calloc(1, sizeof *f);

  if (!f)
    return -ENOMEM;
  f->host = host;
  f->plat = host->plat;
  f->drv = host->drv;
  host->files++;
  *out = f;
  return 0;
}

/* What holds objects from outside: mappings, event files, and the devices' own files. */
static void close_holders(struct iommufd *f)
{
  while (f->vmas)
    iommufd_munmap(f, f->vma[0].address);
  for (unsigned i = 0; i < f->fd_room; i++) {
    if (f->fd[i] && f->fd[i]->queue)
      iommufd_veventq_close(f, IOMMUFD_FIRST_FD + i);
  }
  for (unsigned id = 1; id < f->object_room; id++) {
    if (f->object[id] && f->object[id]->type == IOMMUFD_OBJECT_DEVICE)
      iommufd_unbind(f, id);
  }
}

void iommufd_close(struct iommufd *f)
{
  bool left;

  close_holders(f);
  iommufd_lock(f);
  do {
    unsigned gone = 0;

    left = false;
    for (unsigned id = 1; id < f->object_room; id++) {
      if (!f->object[id])
        continue;
      if (iommufd_object_destroy(f, f->object[id]) == 0)
        gone++;
      else
        left = true;
    }
    CHECK(gone || !left);
  } while (left);
  iommufd_unlock(f);
  f->host->files--;
  free(f->object);
  for (unsigned i = 0; i < f->fd_room; i++)
    free(f->fd[i]);
  free(f->fd);
  free(f->vma);
  free(f);
}

void iommufd_get_counts(const struct iommufd *f, struct iommufd_counts *out)
{
  *out = f->counts;
}
