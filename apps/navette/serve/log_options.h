/* SPDX-License-Identifier: MIT */
/* log_options.h: the part of the configuration of "navette serve" that is about its log. */
#ifndef SERVE_LOG_OPTIONS_H
#define SERVE_LOG_OPTIONS_H

enum nv_serve_log_format {
	NV_SERVE_LOG_AUTO, /* text on a terminal, JSON otherwise */
	NV_SERVE_LOG_TEXT,
	NV_SERVE_LOG_JSON
};

enum nv_serve_log_level {
	NV_SERVE_LOG_INFO, /* the default: all of it */
	NV_SERVE_LOG_WARNING,
	NV_SERVE_LOG_ERROR
};

struct nv_serve_log {
	enum nv_serve_log_format format;
	enum nv_serve_log_level level; /* the least that is written; a SIGHUP may change it */
};

#endif
