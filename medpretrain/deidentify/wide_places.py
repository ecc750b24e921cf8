"""Countries and the states of the USA: places that Safe Harbor leaves in a text, as the gold files' annotators write them."""

from __future__ import annotations

COUNTRIES = """
afghanistan, albania, algeria, american samoa, andorra, angola, anguilla, antigua and barbuda, argentina, armenia, aruba, australia,
austria, azerbaijan, bahamas, bahrain, bangladesh, barbados, belarus, belgium, belize, benin, bermuda, bhutan, bolivia, bosnia and
herzegovina, botswana, brazil, british virgin islands, brunei, bulgaria, burkina faso, burma, burundi, cambodia, cameroon, canada, cape
verde, cayman islands, central african republic, chad, chile, china, colombia, comoros, congo, costa rica, cote d'ivoire, croatia, cuba,
cyprus, czech republic, czechia, democratic republic of the congo, denmark, djibouti, dominica, dominican republic, east timor, ecuador,
egypt, el salvador, england, equatorial guinea, eritrea, estonia, eswatini, ethiopia, falkland islands, faroe islands, fiji, finland,
france, french guiana, french polynesia, gabon, gambia, georgia, germany, ghana, gibraltar, great britain, greece, greenland, grenada,
guadeloupe, guam, guatemala, guernsey, guinea, guinea-bissau, guyana, haiti, honduras, hong kong, hungary, iceland, india, indonesia,
iran, iraq, ireland, isle of man, israel, italy, ivory coast, jamaica, japan, jersey, jordan, kazakhstan, kenya, kiribati, korea, kosovo,
kuwait, kyrgyzstan, laos, latvia, lebanon, lesotho, liberia, libya, liechtenstein, lithuania, luxembourg, macau, macedonia, madagascar,
malawi, malaysia, maldives, mali, malta, marshall islands, martinique, mauritania, mauritius, mayotte, mexico, micronesia, moldova,
monaco, mongolia, montenegro, montserrat, morocco, mozambique, myanmar, namibia, nauru, nepal, netherlands, new caledonia, new zealand,
nicaragua, niger, nigeria, niue, north korea, north macedonia, northern ireland, norway, oman, pakistan, palau, palestine, panama, papua
new guinea, paraguay, peru, philippines, poland, portugal, puerto rico, qatar, reunion, romania, russia, russian federation, rwanda, saint
lucia, samoa, san marino, sao tome and principe, saudi arabia, scotland, senegal, serbia, seychelles, sierra leone, singapore, slovakia,
slovak republic, slovenia, solomon islands, somalia, south africa, south korea, south sudan, spain, sri lanka, sudan, suriname, swaziland,
sweden, switzerland, syria, taiwan, tajikistan, tanzania, thailand, timor-leste, togo, tonga, trinidad and tobago, tunisia, turkey,
turkmenistan, tuvalu, u.k., u.s., u.s.a., uganda, uk, ukraine, united arab emirates, united kingdom, united states, united states of
america, uruguay, us, usa, uzbekistan, vanuatu, vatican city, venezuela, vietnam, wales, yemen, zambia, zimbabwe
"""

STATES = """
alabama al, alaska ak, arizona az, arkansas ar, california ca, colorado co, connecticut ct, delaware de, district of columbia dc, florida
fl, georgia ga, hawaii hi, idaho id, illinois il, indiana in, iowa ia, kansas ks, kentucky ky, louisiana la, maine me, maryland md,
massachusetts ma, michigan mi, minnesota mn, mississippi ms, missouri mo, montana mt, nebraska ne, nevada nv, new hampshire nh, new jersey
nj, new mexico nm, new york ny, north carolina nc, north dakota nd, ohio oh, oklahoma ok, oregon or, pennsylvania pa, rhode island ri,
south carolina sc, south dakota sd, tennessee tn, texas tx, utah ut, vermont vt, virginia va, washington wa, west virginia wv, wisconsin
wi, wyoming wy
"""


def _parts(listed: str) -> list[str]:
    return listed.replace("\n", " ").strip().split(", ")


STATE_NAMES = frozenset(state.rpartition(" ")[0] for state in _parts(STATES))
STATE_CODES = frozenset(state.rpartition(" ")[2].upper() for state in _parts(STATES))
WIDE_PLACES = STATE_NAMES | frozenset(_parts(COUNTRIES))  # lower case
