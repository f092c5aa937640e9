#include "scenario.hpp"

#include <ctime>

namespace bench {

bool scenario(machine_config *cfg, const char *name, std::initializer_list<const char *> settings)
{
  const machine_file *file = machine_file_find("scenarios", name);
  machine_error err;

  machine_config_defaults(cfg);
  if (!file || machine_config_text(cfg, file->name, reinterpret_cast<const char *>(file->bytes),
                                   file->length, &err) != 0)
    return false;
  for (const char *setting : settings)
    if (machine_config_set(cfg, setting, &err) != 0)
      return false;
  return true;
}

double run_seconds(const machine_config *cfg, const machine_sink *sink, uint64_t *unmaps)
{
  machine_error err;
  machine_result result;
  std::clock_t from = std::clock();
  int code = machine_run(cfg, sink, &result, &err);
  double took = static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC;

  *unmaps = code == 0 ? result.counts.unmaps : 0;
  machine_result_free(&result);
  return code == 0 ? took : 0;
}

} // namespace bench
