package io.mcpsecurity.ratelimit;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What is counted as one address: of IPv4 the address, of IPv6 the network of 64 bits,
 * which is the least that one subscriber gets. Names are never looked up.
 */
public final class NetworkAddress {

	private static final Pattern IPV4_WITH_PORT = Pattern.compile("(\\d+\\.\\d+\\.\\d+\\.\\d+):\\d+");

	private NetworkAddress() {
	}

	/**
	 * Read an address.
	 * @param address as the container tells it, which with forwarded headers can be any
	 * text
	 */
	public static String of(@Nullable String address) {
		if (address == null) {
			return "";
		}
		if (address.indexOf(':') < 0) {
			return address;
		}
		String plain = IPV4_WITH_PORT.matcher(address).replaceFirst("$1");
		if (plain.indexOf(':') < 0) {
			return plain;
		}
		try {
			// In brackets it is an address or an error, and no name.
			String inner = plain.startsWith("[") ? plain.substring(1, Math.max(1, plain.lastIndexOf(']'))) : plain;
			int zone = inner.indexOf('%');
			InetAddress parsed = InetAddress.getByName("[" + ((zone < 0) ? inner : inner.substring(0, zone)) + "]");
			return (parsed instanceof Inet6Address) ? HexFormat.of().formatHex(parsed.getAddress(), 0, 8) + "/64"
					: parsed.getHostAddress();
		}
		catch (UnknownHostException ex) {
			return plain;
		}
	}

}
