/* SPDX-License-Identifier: MIT */
/* nickname.c: refuses names that nobody could read, and the one that the server speaks under. */
#include "serve/nickname.h"

#include "text/point.h"

/* A letter as in "systeme": without case and without its grave accent; 0 for what does not count. */
static uint32_t fold(uint32_t point)
{
	enum {
		CAPITAL_E_GRAVE = 0xC8,
		SMALL_E_GRAVE = 0xE8,
		COMBINING_GRAVE = 0x300
	};

	if (point >= 'A' && point <= 'Z')
		return point - 'A' + 'a';
	if (point == CAPITAL_E_GRAVE || point == SMALL_E_GRAVE)
		return 'e';
	return point == COMBINING_GRAVE || nv_point_is_blank(point) ? 0 : point;
}

/* Lines of "SYSTÈME" are the server's; no name may look like it. */
static bool is_reserved(struct nv_bytes name)
{
	const char *rest = "systeme";
	uint32_t point = 0;
	size_t size;

	while ((size = nv_point_next(name, &point)) > 0) {
		point = fold(point);
		if (point != 0 && point != (unsigned char)*rest++)
			return false;
		name.data += size;
		name.len -= size;
	}
	return *rest == '\0';
}

const char *nv_nickname_problem(struct nv_bytes name)
{
	struct nv_bytes rest = name;
	size_t count = 0;
	bool visible = false;

	while (rest.len > 0) {
		uint32_t point = 0;
		size_t size = nv_point_next(rest, &point);

		if (size == 0)
			return "Le pseudo n'est pas en UTF-8";
		if (nv_point_is_control(point))
			return "Le pseudo contient un caractère de contrôle";
		if (++count > NV_NICKNAME_MAX)
			return "Le pseudo est trop long (32 caractères au plus)";
		visible = visible || !nv_point_is_blank(point);
		rest.data += size;
		rest.len -= size;
	}
	if (!visible)
		return "Le pseudo est vide";
	return is_reserved(name) ? "Ce pseudo est réservé" : NULL;
}
