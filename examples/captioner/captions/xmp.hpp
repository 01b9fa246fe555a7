#pragma once
// A caption as XMP, the form of notes on photographs that photo managers share (ISO 16684-1).

#include <string>
#include <string_view>

#include "../common/markup.hpp"

namespace captioner {

/// A sidecar file with the caption as IPTC's description (dc:description, which programs show as the caption) and as
/// IPTC's alt text for who cannot see the image (Iptc4xmpCore:AltTextAccessibility), and with captioner as the writer
/// of the description.
inline std::string xmp_of_caption(std::string_view caption) {
  const std::string item = "<rdf:Alt><rdf:li xml:lang=\"x-default\">" + escaped(caption) + "</rdf:li></rdf:Alt>";
  return "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
         "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"captioner\">\n"
         " <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
         "  <rdf:Description rdf:about=\"\"\n"
         "    xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"
         "    xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\"\n"
         "    xmlns:Iptc4xmpCore=\"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/\">\n"
         "   <dc:description>" +
         item +
         "</dc:description>\n"
         "   <Iptc4xmpCore:AltTextAccessibility>" +
         item +
         "</Iptc4xmpCore:AltTextAccessibility>\n"
         "   <photoshop:CaptionWriter>captioner</photoshop:CaptionWriter>\n"
         "  </rdf:Description>\n"
         " </rdf:RDF>\n"
         "</x:xmpmeta>\n"
         "<?xpacket end=\"w\"?>\n";
}

}  // namespace captioner
