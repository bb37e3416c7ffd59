/* SPDX-License-Identifier: MIT */
/* reload.c: the configuration of now beside the one that the server goes by. */
#include "serve/reload.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/given.h"
#include "serve/log.h"

#define LINE_SIZE 1024

__attribute__((format(printf, 2, 3))) static void say(enum nv_level level, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	nv_serve_log_operator(level, false, line);
}

static void tell(const char *line)
{
	say(NV_LOG_ERROR, "SIGHUP: %s", line);
}

/* --- Settings --- */

static bool can_change(const struct nv_reload *reload, const struct nv_setting *setting,
                       const struct nv_serve_options *now)
{
	const char *place = (const char *)now + setting->where;

	if (place == (const char *)&now->max_message)
		return reload->limits && now->max_message <= reload->most_message;
	if (place == (const char *)&now->rate)
		return reload->limits != NULL;
	return setting->reloads;
}

/* A setting that reloads is a number of four bytes or an enum. */
static void change(struct nv_serve_options *options, const struct nv_setting *setting,
                   const struct nv_serve_options *now)
{
	memcpy((char *)options + setting->where, (const char *)now + setting->where,
	       sizeof(uint32_t));
}
_Static_assert(sizeof(enum nv_serve_log_level) == sizeof(uint32_t), "what is copied");

static void apply(const struct nv_reload *reload)
{
	const struct nv_serve_options *options = reload->options;

	nv_serve_log_set_level(options->log.level);
	if (reload->limits)
		nv_limits_set(reload->limits, options->max_message, options->rate);
}

static const char *or_nothing(const char *text)
{
	return *text ? text : "not set";
}

/* A change of the level is told at any level: who reads the log has to know what it leaves out. */
static void tell_change(const struct nv_setting *setting, const char *new, const char *old)
{
	bool always = setting->where == offsetof(struct nv_serve_options, log.level);
	char line[LINE_SIZE];

	snprintf(line, sizeof line, "SIGHUP: %s is %s now, it was %s", setting->name, new, old);
	nv_serve_log_operator(NV_LOG_INFO, always, line);
}

static bool compare(const struct nv_reload *reload, const struct nv_setting *setting,
                    const struct nv_serve_options *now)
{
	char *old = nv_given_text(reload->options, setting);
	char *new = nv_given_text(now, setting);
	bool differs = old && new &&strcmp(old, new) != 0;
	bool changes = differs && can_change(reload, setting, now);

	if (changes) {
		change(reload->options, setting, now);
		apply(reload);
		tell_change(setting, new, old);
	} else if (differs) {
		say(NV_LOG_WARNING, "SIGHUP: %s stays %s, %s needs a restart", setting->name,
		    or_nothing(old), or_nothing(new));
	}
	free(old);
	free(new);
	return differs;
}

static bool compare_all(const struct nv_reload *reload, const struct nv_serve_options *now)
{
	bool differs = false;

	for (size_t i = 0; i < nv_setting_count; i++)
		if (nv_setting_has_key(&nv_settings[i]))
			differs = compare(reload, &nv_settings[i], now) || differs;
	return differs;
}

/* --- Files --- */

static bool reload_certificates(const struct nv_reload *reload)
{
	if (!nv_serve_tls_is_on(&reload->options->tls))
		return false;
	if (nv_server_reload_tls(reload->server, true) > 0)
		say(NV_LOG_INFO, "SIGHUP: certificates read again");
	return true;
}

static bool reload_tokens(const struct nv_reload *reload)
{
	char problem[512] = "";

	if (!reload->auth || !nv_serve_auth_is_on(&reload->options->auth))
		return false;
	if (nv_auth_reload(reload->auth, true, problem, sizeof problem) < 0)
		say(NV_LOG_ERROR, "SIGHUP: the old tokens stay in use: %s", problem);
	else
		say(NV_LOG_INFO, "SIGHUP: tokens read again");
	return true;
}

void nv_reload(const struct nv_reload *reload)
{
	struct nv_problems problems = { .tell = tell };
	struct nv_serve_options now;
	bool anything;

	if (nv_serve_options_load(&now, reload->argc, reload->argv, &problems) < 0) {
		say(NV_LOG_ERROR, "SIGHUP: this configuration is no good, the old one stays");
		nv_serve_options_free(&now);
		return;
	}
	anything = compare_all(reload, &now);
	nv_serve_options_free(&now);
	anything = reload_certificates(reload) || anything;
	anything = reload_tokens(reload) || anything;
	if (!anything)
		say(NV_LOG_INFO, "SIGHUP: nothing has changed; no certificates or tokens to read");
}
