/*
 * Local dates, times and windows as people write them. Only their form is known here; what instant
 * they are in a zone is for civil/.
 */
#ifndef SPEC_CIVIL_TEXT_H
#define SPEC_CIVIL_TEXT_H

#include "spec/spec.h"

/* civil_window: "Mon-Fri 22:00-06:00", "Sat,Sun 00:00-24:00", "22:00-06:00" (every day). On failure
 * says why in *fault, a static string. */
bool civil_window(const char *text, struct spec_window *window, const char **fault);

/* civil_dates: "2026-12-24..2026-12-26" or one day. */
bool civil_dates(const char *text, struct spec_dates *dates, const char **fault);

/* civil_deadline: "2026-12-01T08:00", with seconds or without. */
bool civil_deadline(const char *text, struct spec_deadline *deadline, const char **fault);

#endif
