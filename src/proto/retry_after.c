/* SPDX-License-Identifier: MIT */
/* retry_after.c: how long a server asks its clients to stay away.
 *
 * A wish, not an order: what can't be understood is none. Dates are read without a calendar of the system,
 * and what time it is now the caller says. */
#include "proto/retry_after.h"

#include "proto/ascii.h"
#include "proto/field.h"
#include "proto/slice.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400
#define YEAR_S 31556952 /* the mean one, which is exact over 400 years */

static bool take_char(struct nv_bytes *rest, char c)
{
	if (rest->len == 0 || rest->data[0] != (uint8_t)c)
		return false;
	nv_skip(rest, 1);
	return true;
}

/* --- Numbers --- */

/* Digits, one at least; what is too large for an hour stays so and does not overflow. */
static bool take_seconds(struct nv_bytes *rest, uint32_t *ms)
{
	bool any = false;

	for (*ms = 0; rest->len > 0 && nv_is_digit(rest->data[0]); nv_skip(rest, 1)) {
		any = true;
		if (*ms < NV_RETRY_AFTER_MAX_MS)
			*ms = *ms * 10 + (uint32_t)(rest->data[0] - '0') * 1000;
	}
	if (*ms > NV_RETRY_AFTER_MAX_MS)
		*ms = NV_RETRY_AFTER_MAX_MS;
	return any;
}

/* ".500"; what is smaller than a millisecond does not count. */
static bool take_fraction(struct nv_bytes *rest, uint32_t *ms)
{
	uint32_t unit = 100;
	uint32_t sum = 0;

	if (!take_char(rest, '.'))
		return true;
	if (rest->len == 0 || !nv_is_digit(rest->data[0]))
		return false;
	for (; rest->len > 0 && nv_is_digit(rest->data[0]); nv_skip(rest, 1), unit /= 10)
		sum += unit * (uint32_t)(rest->data[0] - '0');
	*ms = *ms + sum > NV_RETRY_AFTER_MAX_MS ? NV_RETRY_AFTER_MAX_MS : *ms + sum;
	return true;
}

/* Exactly so many digits. */
static bool take_digits(struct nv_bytes *rest, size_t count, int *value)
{
	if (rest->len < count)
		return false;
	*value = 0;
	for (size_t i = 0; i < count; i++) {
		if (!nv_is_digit(rest->data[i]))
			return false;
		*value = *value * 10 + (rest->data[i] - '0');
	}
	nv_skip(rest, count);
	return true;
}

/* --- Dates (RFC 9110 5.6.7) --- */

struct date {
	int year;
	int month; /* from 0 */
	int day;   /* from 1 */
	int hour, minute, second;
};

static const char *const days[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
	                            "Thursday", "Friday", "Saturday" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const int month_starts[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

/* Which of the names comes next, of each the first `len` letters, or all with 0; negative: none. */
static int take_name(struct nv_bytes *rest, const char *const *names, int count, size_t len)
{
	for (int i = 0; i < count; i++) {
		size_t letters = len ? len : strlen(names[i]);

		if (rest->len < letters || memcmp(rest->data, names[i], letters) != 0)
			continue;
		nv_skip(rest, letters);
		return i;
	}
	return -1;
}

static bool take_time(struct nv_bytes *rest, struct date *date)
{
	return take_digits(rest, 2, &date->hour) && take_char(rest, ':') &&
	       take_digits(rest, 2, &date->minute) && take_char(rest, ':') &&
	       take_digits(rest, 2, &date->second);
}

/* The year with these two last digits that is not more than 50 years in the future, or else the last one
 * before (RFC 9110 5.6.7). */
static bool take_short_year(struct nv_bytes *rest, int64_t now, struct date *date)
{
	int64_t latest = 1970 + now / YEAR_S + 50;

	if (!take_digits(rest, 2, &date->year))
		return false;
	date->year = (int)(latest - (latest - date->year) % 100);
	return true;
}

static bool take_part(struct nv_bytes *rest, char part, int64_t now, struct date *date)
{
	switch (part) {
	case 'a':
		return take_name(rest, days, 7, 3) >= 0;
	case 'A':
		return take_name(rest, days, 7, 0) >= 0;
	case 'b':
		date->month = take_name(rest, months, 12, 3);
		return date->month >= 0;
	case 'e':
		return take_digits(rest, take_char(rest, ' ') ? 1 : 2, &date->day);
	case 'd':
		return take_digits(rest, 2, &date->day);
	case 'Y':
		return take_digits(rest, 4, &date->year);
	case 'y':
		return take_short_year(rest, now, date);
	default:
		return take_time(rest, date);
	}
}

/* The letters behind a '%' are those of strptime. */
static bool read_form(struct nv_bytes text, const char *form, int64_t now, struct date *date)
{
	for (; *form; form++) {
		if (*form == '%' ? !take_part(&text, *++form, now, date) : !take_char(&text, *form))
			return false;
	}
	return text.len == 0;
}

static bool read_date(struct nv_bytes text, int64_t now, struct date *date)
{
	return read_form(text, "%a, %d %b %Y %T GMT", now, date) ||
	       read_form(text, "%A, %d-%b-%y %T GMT", now, date) ||
	       read_form(text, "%a %b %e %T %Y", now, date);
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* A second 60 is a leap second. */
static bool is_valid(const struct date *date)
{
	int len = month_starts[date->month + 1] - month_starts[date->month];

	if (date->month == 1 && is_leap(date->year))
		len++;
	return date->year > 0 && date->day >= 1 && date->day <= len && date->hour < 24 &&
	       date->minute < 60 && date->second <= 60;
}

/* Since the first day of the year 1. */
static int64_t day_number(int year, int day_of_year)
{
	int before = year - 1;

	return (int64_t)before * 365 + before / 4 - before / 100 + before / 400 + day_of_year;
}

static int64_t seconds_of(const struct date *date)
{
	int day = month_starts[date->month] + date->day - 1;

	if (date->month > 1 && is_leap(date->year))
		day++;
	return (day_number(date->year, day) - day_number(1970, 0)) * DAY_S +
	       (int64_t)date->hour * HOUR_S + (int64_t)date->minute * MINUTE_S + date->second;
}

static uint32_t until(const struct date *date, int64_t now)
{
	int64_t then = seconds_of(date);

	if (then <= now)
		return 0;
	return now > then - HOUR_S ? (uint32_t)(then - now) * 1000 : NV_RETRY_AFTER_MAX_MS;
}

uint32_t nv_retry_after_field(struct nv_bytes value, int64_t now)
{
	struct date date = { .day = 0 };
	uint32_t ms;

	value = nv_trim(value);
	if (read_date(value, now, &date))
		return is_valid(&date) ? until(&date, now) : 0;
	return take_seconds(&value, &ms) && value.len == 0 ? ms : 0;
}

/* --- The reason of a Close --- */

static bool ends_word(uint8_t c)
{
	return c == ' ' || c == ',' || c == ';';
}

static struct nv_bytes take_word(struct nv_bytes *rest)
{
	struct nv_bytes word = { rest->data, 0 };

	while (word.len < rest->len && !ends_word(rest->data[word.len]))
		word.len++;
	nv_skip(rest, word.len < rest->len ? word.len + 1 : word.len);
	return word;
}

uint32_t nv_retry_after_reason(struct nv_bytes reason)
{
	static const char name[] = "retry_after=";
	uint32_t ms;

	while (reason.len > 0) {
		struct nv_bytes word = take_word(&reason);

		if (word.len < strlen(name) || memcmp(word.data, name, strlen(name)) != 0)
			continue;
		nv_skip(&word, strlen(name));
		if (take_seconds(&word, &ms) && take_fraction(&word, &ms) && word.len == 0)
			return ms;
	}
	return 0;
}
