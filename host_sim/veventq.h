/* A vEVENTQ from inside: the queue and its records. */
#ifndef HOST_SIM_VEVENTQ_H
#define HOST_SIM_VEVENTQ_H

#include "host_sim/iommufd_priv.h"

struct iommufd_vevent {
  struct iommufd_vevent *next;
  struct iommufd_vevent_header header;
  uint64_t data[4]; /* iommufd_vevent_bytes() of it */
};

struct iommufd_veventq {
  struct iommufd_object object;
  struct iommufd_viommu *viommu;
  struct iommufd_veventq *next; /* of the vIOMMU */
  uint32_t type, depth;
  uint32_t events;   /* records that hold an event */
  uint32_t sequence; /* of the next event */
  struct iommufd_vevent *head, *tail;
  struct iommufd_vevent lost; /* the marker; in the list, at the tail, or not at all */
  struct iommufd_event_file *file;
  unsigned reporting; /* deliveries that still touch the queue */
  void (*ready)(void *arg);
  void *ready_arg;
};

#endif
