/* The engines that the common suite runs on. Nothing else lies in this file: a program with a list
 * of its own replaces it (rig.h). */
#include "shim/rig.h"

const struct rig_host *const rig_hosts[] = { &rig_host_now,          &rig_host_now_stepped,
                                             &rig_host_now_seeded,   &rig_host_timed,
                                             &rig_host_timed_seeded, NULL };
