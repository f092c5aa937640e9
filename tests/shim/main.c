/* main of every test program. */
#include "shim/gtest_c.h"

int main(int argc, char **argv)
{
  return gtest_c_main(argc, argv);
}
