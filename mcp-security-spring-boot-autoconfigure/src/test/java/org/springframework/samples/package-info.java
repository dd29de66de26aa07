/**
 * A package that begins like those of Spring.
 */
@NullMarked
package org.springframework.samples;

import org.jspecify.annotations.NullMarked;
