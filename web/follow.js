// SPDX-License-Identifier: MIT
// follow.js: keeps a scrolling box at its end while the reader is there, and lets go as soon as
// they scroll up; a button takes them back.

const NEAR_END_PX = 40;

export class Follow {
	#box;
	#jump;
	#following = false;
	#scheduled = false;
	#top = 0;

	constructor(box, jump) {
		this.#box = box;
		this.#jump = jump;
		box.addEventListener('scroll', () => this.#scrolled());
		jump.addEventListener('click', () => this.toEnd());
		/* A keyboard that slides in or a field that grows must not hide the last line. */
		new ResizeObserver(() => this.#settle()).observe(box);
		this.#follow(true);
	}

	/* Call after something was added. Many additions cost one layout; by then it is known whether
	 * the reader has just scrolled up. */
	added() {
		if (this.#scheduled)
			return;
		this.#scheduled = true;
		requestAnimationFrame(() => {
			this.#scheduled = false;
			this.#jump.hidden = this.#following;
			this.#settle();
		});
	}

	toEnd() {
		if (document.activeElement === this.#jump)
			this.#box.focus({ preventScroll: true });
		this.#follow(true);
		this.#settle();
	}

	#follow(following) {
		this.#following = following;
		/* The browser's own anchoring would look like somebody scrolling up. */
		this.#box.classList.toggle('following', following);
		if (following)
			this.#jump.hidden = true;
	}

	#settle() {
		if (!this.#following)
			return;
		this.#box.scrollTop = this.#box.scrollHeight;
		this.#top = this.#box.scrollTop;
	}

	#scrolled() {
		const { scrollHeight, scrollTop, clientHeight } = this.#box;
		const up = scrollTop < this.#top - 1;
		this.#top = scrollTop;
		/* Away from the end without going up: the end moved, not the reader. */
		if (scrollHeight - scrollTop - clientHeight < NEAR_END_PX)
			this.#follow(true);
		else if (up)
			this.#follow(false);
	}
}
