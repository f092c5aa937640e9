/* Reports of the module: one message type, the module's name in front. */
#ifndef SMMU_TLM_REPORT_H
#define SMMU_TLM_REPORT_H

#include <string>

#include <systemc>

inline constexpr const char *smmu_tlm_id = "/smmulator/smmu_tlm";

inline std::string smmu_tlm_text(const sc_core::sc_module &module, const char *what)
{
  return std::string(module.name()) + ": " + what;
}

/* By SystemC's default the first is printed, the second is thrown. */
inline void smmu_tlm_warning(const sc_core::sc_module &module, const char *what)
{
  SC_REPORT_WARNING(smmu_tlm_id, smmu_tlm_text(module, what).c_str());
}

inline void smmu_tlm_error(const sc_core::sc_module &module, const char *what)
{
  SC_REPORT_ERROR(smmu_tlm_id, smmu_tlm_text(module, what).c_str());
}

#endif
