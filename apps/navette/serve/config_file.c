/* SPDX-License-Identifier: MIT */
/* config_file.c: the configuration file, which libconfuse takes apart. To it all values are texts: what
 * they may be, the table says, as for the other sources. All bad values of a file are told, but an
 * unknown key or a broken line ends it. */
#include "serve/sources.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <navette/base.h>

#include "secret_file.h"
#include "serve/config_comments.h"
#include "serve/given.h"

#define MOST_BYTES (1u << 20)

/* libconfuse hands nothing of ours to its callbacks, and is for one thread anyway. */
static struct {
	struct nv_serve_options *options;
	struct nv_problems *problems;
} reading;

/* Called for each value. 0 also for a bad one, so that the next is read. */
static int take_value(cfg_t *cfg, cfg_opt_t *key, const char *value, void *result)
{
	const struct nv_given given = {
		.setting = nv_setting_find(key->name),
		.text = value,
		.row = key->nvalues > 0 ? key->nvalues - 1 : 0,
		.origin = { .source = NV_FROM_FILE, .line = (unsigned)cfg->line },
	};

	(void)nv_given_take(reading.options, &given, reading.problems);
	*(const char **)result = value;
	return 0;
}

static void refuse_key(const struct cfg_t *cfg, const char *key)
{
	const struct nv_setting *nearest = nv_setting_nearest(key);
	const char *file = reading.options->config_file;

	if (nearest && nv_setting_has_key(nearest))
		nv_problem(reading.problems, NULL, "%s:%d: %.64s is no setting; is it %s?", file,
		           cfg->line, key, nearest->name);
	else
		nv_problem(reading.problems, NULL, "%s:%d: %.64s is no setting", file, cfg->line,
		           key);
}

__attribute__((format(printf, 2, 0))) static void refuse(cfg_t *cfg, const char *format,
                                                         va_list arguments)
{
	char reason[256];

	if (strcmp(format, "no such option '%s'") == 0) {
		refuse_key(cfg, va_arg(arguments, const char *));
		return;
	}
	vsnprintf(reason, sizeof reason, format, arguments);
	nv_problem(reading.problems, NULL, "%s:%d: %s", reading.options->config_file, cfg->line,
	           reason);
}

static void build(cfg_opt_t keys[NV_SETTINGS_MOST + 1])
{
	cfg_opt_t *key = keys;

	for (size_t i = 0; i < nv_setting_count; i++) {
		const struct nv_setting *setting = &nv_settings[i];

		if (nv_setting_has_key(setting))
			*key++ = (cfg_opt_t){
				.name = setting->name,
				.type = CFGT_STR,
				.flags = CFGF_NODEFAULT |
				         (nv_setting_is_list(setting) ? CFGF_LIST : CFGF_NONE),
				.parsecb = take_value,
			};
	}
	*key = (cfg_opt_t)CFG_END();
}

/* Some editors put a byte order mark before the first line. */
static char *skip_mark(char *content)
{
	static const char mark[] = "\xEF\xBB\xBF";

	return strncmp(content, mark, strlen(mark)) == 0 ? content + strlen(mark) : content;
}

static int parse(const char *content)
{
	cfg_opt_t keys[NV_SETTINGS_MOST + 1];
	cfg_t *cfg;
	size_t before = reading.problems->count;
	int result;

	build(keys);
	cfg = cfg_init(keys, CFGF_NONE);
	if (!cfg)
		return nv_problem(reading.problems, NULL, "no memory for the configuration");
	cfg_set_error_function(cfg, refuse);
	result = cfg_parse_buf(cfg, content);
	cfg_free(cfg);
	if (result == CFG_SUCCESS)
		return reading.problems->count > before ? NV_ERR_INVALID : 0;
	if (reading.problems->count == before)
		nv_problem(reading.problems, NULL, "%s: it ends in the middle of something",
		           reading.options->config_file);
	return NV_ERR_INVALID;
}

static int take(char *content, size_t len)
{
	const char *file = reading.options->config_file;
	const char *problem;
	unsigned line;

	if (strlen(content) != len)
		return nv_problem(reading.problems, NULL, "%s: it holds a zero byte", file);
	content = skip_mark(content);
	problem = nv_config_comments_blank(content, &line);
	if (problem)
		return nv_problem(reading.problems, NULL, "%s:%u: %s", file, line, problem);
	return parse(content);
}

int nv_config_file(struct nv_serve_options *options, struct nv_problems *problems)
{
	char problem[512];
	size_t len;
	uint8_t *content;
	int error;

	content = nv_secret_file_read(options->config_file, NV_FILE_PUBLIC, MOST_BYTES, &len,
	                              problem, sizeof problem);
	if (!content)
		return nv_problem(problems, NULL, "%s", problem);
	reading.options = options;
	reading.problems = problems;
	error = take((char *)content, len);
	nv_secret_file_free(content, len);
	return error;
}
