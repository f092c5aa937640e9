/* The names of places as a file: what is written is read, and what is damaged is refused with its line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/gtest_c.h"
#include "watch/place.h"

#define HEAD "smmulator places 1\n"

static struct watch_places *read_text(const char *text, size_t len, char *error, size_t error_len)
{
  FILE *stream = len ? fmemopen((void *)text, len, "r") : fopen("/dev/null", "r");
  struct watch_places *p = stream ? watch_places_read(stream, error, error_len) : NULL;

  if (stream)
    fclose(stream);
  return p;
}

TEST_CASE(Places, WhatIsReadIsWrittenAgain)
{
  static const char text[] =
    HEAD "# number, then function and file:line of each frame, the innermost "
         "first\n"
         "1\tread_it\tdriver/drv.h:7\tuse it\ta:b.c:12\n"
         "3\tmodule+0x12\t-\n";
  char error[160], *copy = NULL;
  size_t len = 0;
  const struct watch_frame *f = NULL;
  struct watch_places *p = read_text(text, sizeof text - 1, error, sizeof error);
  FILE *out = open_memstream(&copy, &len);

  ASSERT_NOT_NULL(p);
  ASSERT_EQ(watch_place_frames(p, 1, &f), 2);
  EXPECT_STREQ(f[1].function, "use it");
  EXPECT_STREQ(f[1].file, "a:b.c");
  EXPECT_EQ(f[1].line, 12);
  EXPECT_EQ(watch_place_frames(p, 2, &f), 0);
  EXPECT_EQ(watch_place_frames(p, 4, &f), 0);
  EXPECT_TRUE(watch_places_write(p, out));
  fclose(out);
  EXPECT_STREQ(copy, text);
  free(copy);
  watch_places_destroy(p);
}

TEST_CASE(Places, AccessorsInHeadersArePassedOver)
{
  static const char text[] = HEAD "1\tread_it\td.h:7\tuse\td.c:12\tmain\tm.c:1\n"
                                  "2\tread_it\td.h:7\n"
                                  "3\tmodule+0x12\t-\n";
  char error[160], name[WATCH_PLACE_TEXT];
  struct watch_places *p = read_text(text, sizeof text - 1, error, sizeof error);

  ASSERT_NOT_NULL(p);
  EXPECT_TRUE(watch_place_text(p, 1, name, sizeof name));
  EXPECT_STREQ(name, "use d.c:12");
  EXPECT_TRUE(watch_place_text(p, 2, name, sizeof name));
  EXPECT_STREQ(name, "read_it d.h:7");
  EXPECT_TRUE(watch_place_text(p, 3, name, sizeof name));
  EXPECT_STREQ(name, "module+0x12");
  EXPECT_FALSE(watch_place_text(p, 0, name, sizeof name));
  EXPECT_STREQ(name, "");
  watch_places_destroy(p);
}

static const struct {
  const char *text, *error;
} wrong[] = {
  { "", "1: " },
  { "smmulator places 2\n", "1: " },
  { HEAD "x\n", "2: " },
  { HEAD "0\tf\t-\n", "2: " },
  { HEAD "65537\tf\t-\n", "2: " },
  { HEAD "99999999999999999999\tf\t-\n", "2: " },
  { HEAD "1\tf\t-\n\n", "3: " },
  { HEAD "2\tf\t-\n1\tf\t-\n", "3: " },
  { HEAD "1\tf\t-\n1\tf\t-\n", "3: " },
  { HEAD "1 f\t-\n", "2: " },
  { HEAD "1\tf\n", "2: " },
  { HEAD "1\t\t-\n", "2: " },
  { HEAD "1\tf\tx.c\n", "2: " },
  { HEAD "1\tf\t:1\n", "2: " },
  { HEAD "1\tf\tx.c:\n", "2: " },
  { HEAD "1\tf\tx.c:1x\n", "2: " },
  { HEAD "1\tf\tx.c:-1\n", "2: " },
  { HEAD "1\tf\tx.c:99999999999\n", "2: " },
};

TEST_CASE(Places, DamageIsRefusedWithItsLine)
{
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    char error[160] = "";

    EXPECT_NULL(read_text(wrong[i].text, strlen(wrong[i].text), error, sizeof error));
    if (strncmp(error, wrong[i].error, strlen(wrong[i].error)) != 0)
      ADD_TEST_FAILURE("%s: found \"%s\"", wrong[i].text, error);
  }
}

TEST_CASE(Places, EveryCutAndEveryWrongByteIsReadOrRefused)
{
  static const char text[] = HEAD "1\tread_it\tdriver/drv.h:7\tuse\ta.c:12\n3\tm+0x12\t-\n";
  char copy[sizeof text], error[160];

  for (size_t len = 0; len < sizeof text; len++)
    watch_places_destroy(read_text(text, len, error, sizeof error));
  for (size_t i = 0; i < sizeof text - 1; i++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      memcpy(copy, text, sizeof text);
      copy[i] = (char)byte;
      watch_places_destroy(read_text(copy, sizeof text - 1, error, sizeof error));
    }
  }
}

TEST_CASE(Places, TooManyFramesAreRefused)
{
  static const char frame[] = "\tf\tx.c:1";
  char text[4096] = HEAD "1", error[160] = "";
  size_t len = strlen(text);
  struct watch_places *p;

  for (unsigned i = 0; i < WATCH_PLACE_FRAMES; i++, len += sizeof frame - 1)
    memcpy(text + len, frame, sizeof frame);
  p = read_text(text, len, error, sizeof error);
  EXPECT_NOT_NULL(p);
  watch_places_destroy(p);
  memcpy(text + len, frame, sizeof frame);
  EXPECT_NULL(read_text(text, len + sizeof frame - 1, error, sizeof error));
  EXPECT_STR_CONTAINS(error, "2: ");
}
