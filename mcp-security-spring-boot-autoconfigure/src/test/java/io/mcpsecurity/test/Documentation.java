package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;

import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.Assert;

/**
 * What the documentation prints, to be run as printed.
 */
public final class Documentation {

	private Documentation() {
	}

	/**
	 * The blocks of a language on a page, in their order.
	 * @param page the page's file, from the root of the project
	 * @param language the language that the blocks are marked with
	 */
	public static List<String> blocks(String page, String language) {
		try {
			return Pattern.compile("^```" + language + "\\R(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
				.matcher(Files.readString(Path.of("..", page)))
				.results()
				.map((block) -> block.group(1))
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A block of YAML as properties.
	 */
	public static Properties properties(String yaml) {
		YamlPropertiesFactoryBean factory = new YamlPropertiesFactoryBean();
		factory.setResources(new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)));
		Properties properties = factory.getObject();
		Assert.state(properties != null && !properties.isEmpty(), "No properties");
		return properties;
	}

}
