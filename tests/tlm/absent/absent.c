/* Stands for tests/tlm where SystemC is not installed. */
#include "shim/gtest_c.h"

TEST_CASE(Tlm, ModuleAndCommonSuiteOnSystemC)
{
  SKIP_TEST("%s", SMMU_NO_SYSTEMC);
}
